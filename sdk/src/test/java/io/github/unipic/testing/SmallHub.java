package io.github.unipic.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A hub on loopback with Hugging Face's API: descriptions of repositories, and files at a commit. It redirects large
 * files to a storage host with another name. Faults can be inserted before its answers.
 */
public final class SmallHub implements AutoCloseable {
    private static final Pattern DESCRIPTION = Pattern.compile("/api/models/([^/]+/[^/]+)/revision/([^/]+)");
    private static final Pattern FILE = Pattern.compile("/([^/]+/[^/]+)/resolve/([^/]+)/(.+)");
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-");
    private static final int CHUNK = 16 << 10;

    static {
        // Or the last bytes of each answer wait 40 ms for an acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final HttpServer hub;
    private final HttpServer storage;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, Repository> repositories = new ConcurrentHashMap<>();
    private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
    private final Map<String, Deque<Answer>> faults = new ConcurrentHashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final AtomicInteger sending = new AtomicInteger();
    private final AtomicInteger mostSending = new AtomicInteger();
    private final AtomicLong sent = new AtomicLong();
    private volatile int pauseMillis;

    /** A request that came: to the hub or to the storage, with its path and some headers. */
    public record Request(
            String host, String path, Optional<String> authorization, long offset, Optional<String> proxy) {
        public boolean isFor(String name) {
            return path.endsWith(name);
        }
    }

    /** What the hub does with a request. */
    @FunctionalInterface
    public interface Answer {
        void to(HttpExchange exchange) throws IOException;
    }

    /** Large files that any hub has had, by content: their hashes take longer than anything else here. */
    private static final Map<ByteBuffer, Entry> LARGE = new ConcurrentHashMap<>();

    /** A file with its hashes. */
    private record Entry(byte[] content, boolean large, String sha256, String gitHash) {
        private Entry(byte[] content, boolean large) {
            this(content, large, SmallHub.sha256(content), SmallHub.gitHash(content));
        }
    }

    private static final class Repository {
        private final Map<String, Entry> files = new TreeMap<>();
        private String card = "{\"license\": \"mit\"}";
        private String extra = "";

        /** Changes with the content. */
        private String commit() {
            return hash(
                    "SHA-1",
                    files.entrySet().stream()
                            .map(each -> each.getKey() + each.getValue().gitHash())
                            .collect(Collectors.joining())
                            .getBytes(StandardCharsets.UTF_8));
        }
    }

    private SmallHub() throws IOException {
        hub = server(this::answerAsHub, "hub");
        storage = server(this::answerAsStorage, "storage");
    }

    public static SmallHub start() throws IOException {
        return new SmallHub();
    }

    private HttpServer server(Answer answer, String host) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                String path = exchange.getRequestURI().getPath();
                requests.add(new Request(
                        host,
                        path,
                        Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization")),
                        offset(exchange),
                        Optional.ofNullable(exchange.getRequestHeaders().getFirst("Proxy-Authorization"))));
                fault(path).orElse(answer).to(exchange);
            } catch (IOException e) {
                // The client is gone.
            }
        });
        server.setExecutor(threads);
        server.start();
        return server;
    }

    private Optional<Answer> fault(String path) {
        return faults.entrySet().stream()
                .filter(each -> path.contains(each.getKey()))
                .flatMap(each -> {
                    synchronized (each.getValue()) {
                        return Optional.ofNullable(
                                each.getValue().size() > 1
                                        ? each.getValue().poll()
                                        : each.getValue().peek())
                                .stream();
                    }
                })
                .findFirst();
    }

    /** The hub's address; the storage's is another host's. */
    public String endpoint() {
        return "http://localhost:" + port();
    }

    public int port() {
        return hub.getAddress().getPort();
    }

    private String storage() {
        return "http://127.0.0.1:" + storage.getAddress().getPort();
    }

    /** Adds or replaces a file; a large one is kept as the hub keeps those in LFS. */
    public SmallHub add(String repository, String path, byte[] content, boolean large) {
        Entry entry = large
                ? LARGE.computeIfAbsent(ByteBuffer.wrap(content), key -> new Entry(content, true))
                : new Entry(content, false);
        Repository to = repositories.computeIfAbsent(repository, name -> new Repository());
        synchronized (to) {
            to.files.put(path, entry);
        }
        blobs.put(entry.sha256(), content);
        return this;
    }

    public SmallHub add(String repository, String path, String content) {
        return add(repository, path, content.getBytes(StandardCharsets.UTF_8), false);
    }

    /** Adds all files of a folder; those of more than a kilobyte that are not JSON as large ones. */
    public SmallHub addAll(String repository, Path folder) throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            for (Path file : walk.filter(Files::isRegularFile).toList()) {
                String path = folder.relativize(file).toString().replace('\\', '/');
                add(repository, path, Files.readAllBytes(file), Files.size(file) > 1000 && !path.endsWith(".json"));
            }
        }
        return this;
    }

    public void remove(String repository, String path) {
        repositories.get(repository).files.remove(path);
    }

    /** The metadata of a repository, as JSON. */
    public void card(String repository, String json) {
        repositories.get(repository).card = json;
    }

    /** Further entries of the list of files, as JSON that begins with a comma. */
    public void list(String repository, String json) {
        repositories.get(repository).extra = json;
    }

    public String commit(String repository) {
        return repositories.get(repository).commit();
    }

    /** Answers requests whose path contains this; the last of several answers stays. */
    public void answer(String pathPart, Answer... answers) {
        faults.put(pathPart, new ArrayDeque<>(List.of(answers)));
    }

    /** As usual, for {@link #answer}. */
    public Answer usual() {
        return exchange -> {
            if (exchange.getLocalAddress().getPort() == port()) {
                answerAsHub(exchange);
            } else {
                answerAsStorage(exchange);
            }
        };
    }

    /** A status with headers, name and value in turn, and no content. */
    public static Answer status(int status, String... headers) {
        return exchange -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().add(headers[i], headers[i + 1]);
            }
            exchange.sendResponseHeaders(status, -1);
        };
    }

    /** Content with a status and a type. */
    public static Answer content(int status, String type, byte[] content) {
        return exchange -> {
            exchange.getResponseHeaders().add("Content-Type", type);
            exchange.sendResponseHeaders(status, content.length);
            exchange.getResponseBody().write(content);
        };
    }

    /** Announces everything and cuts the connection after so many bytes. */
    public Answer cutAfter(int bytes) {
        return exchange -> {
            byte[] content = blobs.get(exchange.getRequestURI().getPath().substring("/blob/".length()));
            long offset = offset(exchange);
            begin(exchange, content.length, offset);
            exchange.getResponseBody().write(content, (int) offset, (int) Math.min(bytes, content.length - offset));
            exchange.getResponseBody().flush();
        };
    }

    /** Sends slowly: a pause after each 16 kB. */
    public void pause(int millis) {
        pauseMillis = millis;
    }

    public List<Request> requests() {
        return List.copyOf(requests);
    }

    /** Forgets what was requested so far. */
    public void forget() {
        requests.clear();
    }

    /** The most files that were being sent at a time. */
    public int mostAtATime() {
        return mostSending.get();
    }

    /** Bytes of content so far. */
    public long sent() {
        return sent.get();
    }

    private void answerAsHub(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        Matcher description = DESCRIPTION.matcher(path);
        Matcher file = FILE.matcher(path);
        if (description.matches()) {
            describe(exchange, description.group(1), description.group(2));
        } else if (file.matches()) {
            sendFile(exchange, file.group(1), file.group(2), file.group(3));
        } else {
            status(404).to(exchange);
        }
    }

    private void describe(HttpExchange exchange, String name, String revision) throws IOException {
        Repository repository = repositories.get(name);
        if (repository == null) {
            status(401, "X-Error-Code", "RepoNotFound", "X-Error-Message", "Invalid username or password.")
                    .to(exchange);
        } else if (!revision.equals("main") && !revision.equals(repository.commit())) {
            status(404, "X-Error-Code", "RevisionNotFound").to(exchange);
        } else {
            boolean blobs = "blobs=true".equals(exchange.getRequestURI().getQuery());
            String files = repository.files.entrySet().stream()
                    .map(each -> entry(each.getKey(), each.getValue(), blobs))
                    .collect(Collectors.joining(", "));
            String json = "{\"id\": \"" + name + "\", \"sha\": \"" + repository.commit() + "\", \"gated\": false, "
                    + "\"cardData\": " + repository.card + ", \"siblings\": [" + files + repository.extra + "]}";
            content(200, "application/json; charset=utf-8", json.getBytes(StandardCharsets.UTF_8))
                    .to(exchange);
        }
    }

    private static String entry(String path, Entry file, boolean blobs) {
        String sizes = ", \"size\": " + file.content().length + ", \"blobId\": \"" + file.gitHash() + "\"";
        String lfs = ", \"lfs\": {\"sha256\": \"" + file.sha256() + "\", \"size\": " + file.content().length
                + ", \"pointerSize\": 135}";
        return "{\"rfilename\": \"" + path + "\"" + (blobs ? sizes : "") + (blobs && file.large() ? lfs : "") + "}";
    }

    private void sendFile(HttpExchange exchange, String name, String commit, String path) throws IOException {
        Repository repository = repositories.get(name);
        Entry file = repository == null ? null : repository.files.get(path);
        if (file == null || !commit.equals(repository.commit())) {
            status(404, "X-Error-Code", "EntryNotFound").to(exchange);
            return;
        }
        exchange.getResponseHeaders().add("X-Repo-Commit", commit);
        if (!file.large()) {
            exchange.getResponseHeaders().add("ETag", "\"" + file.gitHash() + "\"");
            send(exchange, file.content());
            return;
        }
        status(
                        302,
                        "Location",
                        storage() + "/blob/" + file.sha256() + "?Signature=abc",
                        "X-Linked-Etag",
                        "\"" + file.sha256() + "\"",
                        "X-Linked-Size",
                        Integer.toString(file.content().length))
                .to(exchange);
    }

    private void answerAsStorage(HttpExchange exchange) throws IOException {
        byte[] content = blobs.get(exchange.getRequestURI().getPath().substring("/blob/".length()));
        // Like such hosts: a token beside a signature is an error.
        if (content == null || exchange.getRequestHeaders().containsKey("Authorization")) {
            status(400).to(exchange);
        } else {
            send(exchange, content);
        }
    }

    private void send(HttpExchange exchange, byte[] content) throws IOException {
        long offset = offset(exchange);
        if (offset >= content.length && offset > 0) {
            status(416, "Content-Range", "bytes */" + content.length).to(exchange);
            return;
        }
        begin(exchange, content.length, offset);
        int last = Math.max(content.length - CHUNK, (int) offset);
        sendPaused(exchange, content, (int) offset, last);
        // With the last chunk the client may ask for its next file.
        exchange.getResponseBody().write(content, last, content.length - last);
        sent.addAndGet(content.length - last);
    }

    private void sendPaused(HttpExchange exchange, byte[] content, int from, int to) throws IOException {
        mostSending.accumulateAndGet(sending.incrementAndGet(), Math::max);
        try {
            OutputStream out = exchange.getResponseBody();
            for (int i = from; i < to; i += CHUNK) {
                int length = Math.min(CHUNK, to - i);
                out.write(content, i, length);
                out.flush();
                sent.addAndGet(length);
                Thread.sleep(pauseMillis);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            sending.decrementAndGet();
        }
    }

    private static void begin(HttpExchange exchange, int length, long offset) throws IOException {
        if (offset > 0) {
            exchange.getResponseHeaders().add("Content-Range", "bytes " + offset + "-" + (length - 1) + "/" + length);
        }
        long rest = length - offset;
        exchange.sendResponseHeaders(offset > 0 ? 206 : 200, rest == 0 ? -1 : rest);
    }

    private static long offset(HttpExchange exchange) {
        Matcher range =
                RANGE.matcher(Optional.ofNullable(exchange.getRequestHeaders().getFirst("Range"))
                        .orElse(""));
        return range.matches() ? Long.parseLong(range.group(1)) : 0;
    }

    /** The hash that git gives a file. */
    public static String gitHash(byte[] content) {
        byte[] head = ("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII);
        byte[] object = Arrays.copyOf(head, head.length + content.length);
        System.arraycopy(content, 0, object, head.length, content.length);
        return hash("SHA-1", object);
    }

    public static String sha256(byte[] content) {
        return hash("SHA-256", content);
    }

    private static String hash(String algorithm, byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A small file in the safetensors format with tensors of these names, one float32 each. */
    public static byte[] safetensors(String... names) {
        StringBuilder header = new StringBuilder("{");
        for (int i = 0; i < names.length; i++) {
            header.append(i == 0 ? "" : ",")
                    .append("\"" + names[i] + "\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[")
                    .append(4 * i + "," + (4 * i + 4) + "]}");
        }
        byte[] json = header.append("}").toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer file =
                ByteBuffer.allocate(8 + json.length + 4 * names.length).order(ByteOrder.LITTLE_ENDIAN);
        return file.putLong(json.length).put(json).array();
    }

    @Override
    public void close() {
        hub.stop(0);
        storage.stop(0);
        threads.shutdownNow();
    }
}
