package io.github.unipic.server;

import io.github.unipic.CancelledException;
import io.github.unipic.ConversationCache;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.UniPic;
import io.github.unipic.UniPicException;
import io.github.unipic.server.automatic1111.Automatic1111;
import io.github.unipic.server.http.AccessControl;
import io.github.unipic.server.http.JettyServer;
import io.github.unipic.server.http.Limits;
import io.github.unipic.server.http.Router;
import io.github.unipic.server.images.ImageStore;
import io.github.unipic.server.images.SubmittedImages;
import io.github.unipic.server.jobs.JobQueue;
import io.github.unipic.server.openai.ChatCompletions;
import io.github.unipic.server.openai.ImageEdits;
import io.github.unipic.server.openai.ImageGenerations;
import io.github.unipic.server.openai.Models;
import io.github.unipic.server.operation.Health;
import io.github.unipic.server.operation.Metrics;
import io.github.unipic.server.page.Info;
import io.github.unipic.server.page.StaticFiles;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * A server that gives a model to programs that speak OpenAI's or AUTOMATIC1111's dialect, and to people by a page.
 * Thread-safe.
 *
 * <pre>{@code
 * try (UniPicServer server = UniPicServer.builder(() -> UniPic.load(folder)).start()) {
 *     server.await();
 * }
 * }</pre>
 */
public final class UniPicServer implements AutoCloseable {
    /** Where it listens unless told otherwise. */
    public static final int DEFAULT_PORT = 8080;

    /** Of an image in a request: those of most cameras. */
    private static final long MOST_PIXELS = 50_000_000;

    /** What a header can bring. */
    private static final Pattern KEY = Pattern.compile("[!-~]{1,1000}");

    private static final Duration LONGEST_GRACE = Duration.ofHours(24);

    private static final int KEPT_CONVERSATIONS = 8;

    /** Of all kept conversations; each token takes 57 kB in the published model. */
    private static final long KEPT_TOKENS = 16_384;

    private final JettyServer http;
    private final JobQueue queue;
    private final ConversationCache conversations;
    private final Duration grace;
    private final Thread loading;
    private final CompletableFuture<UniPic> model = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private boolean closed;

    private UniPicServer(
            JettyServer http,
            JobQueue queue,
            ConversationCache conversations,
            Duration grace,
            Supplier<UniPic> loader) {
        this.http = http;
        this.queue = queue;
        this.conversations = conversations;
        this.grace = grace;
        loading = new Thread(() -> load(loader), "unipic-loading");
        loading.setDaemon(true);
    }

    /**
     * Starts to describe a server.
     *
     * @param loader loads the model, which the server closes. It is called on a thread of its own while the server
     *     listens already
     * @return a builder
     */
    public static Builder builder(Supplier<UniPic> loader) {
        return new Builder(loader);
    }

    /**
     * Where the server is.
     *
     * @return its address, with the port that it has got when 0 was asked for
     */
    public URI uri() {
        return http.uri();
    }

    /**
     * Whether the model is being loaded, also after the server was closed: that cannot be cancelled.
     *
     * @return true until it is loaded, or cannot be
     */
    public boolean isLoading() {
        return loading.isAlive();
    }

    /**
     * Waits until the model is loaded.
     *
     * @throws UniPicException what the loader threw; the server is then of no use
     */
    public void awaitModel() {
        join(model);
    }

    /**
     * Waits until the server was closed.
     *
     * @throws UniPicException what the loader threw, as soon as it does
     */
    public void await() {
        join(CompletableFuture.anyOf(ended, model.thenCompose(loaded -> ended)));
    }

    private static void join(CompletableFuture<?> future) {
        try {
            future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof UniPicException failure) {
                throw failure;
            }
            throw e;
        }
    }

    private void load(Supplier<UniPic> loader) {
        try {
            UniPic unipic = loader.get();
            if (queue.open(unipic)) {
                model.complete(unipic);
            } else {
                unipic.close();
                model.completeExceptionally(
                        new CancelledException("the server was closed before the model was loaded"));
            }
        } catch (Throwable e) {
            model.completeExceptionally(e);
        }
    }

    /**
     * Takes no new requests, lets running ones end, cancels those that are not done after the grace time, and closes
     * the model. Closing twice does nothing.
     */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        http.refuse();
        queue.close(grace);
        http.close();
        conversations.close();
        queue.model().ifPresent(UniPic::close);
        ended.complete(null);
    }

    /** Says how to serve. Not thread-safe. */
    public static final class Builder {
        private final Supplier<UniPic> loader;
        private String host = "127.0.0.1";
        private int port = DEFAULT_PORT;
        private Optional<String> apiKey = Optional.empty();
        private final Set<String> allowedHosts = new TreeSet<>();
        private int jobs = 1;
        private int waiting = 16;
        private Duration grace = Duration.ofSeconds(30);
        private Optional<JettyServer.Certificate> certificate = Optional.empty();
        private boolean logPrompts;
        private Optional<String> note = Optional.empty();
        private Supplier<Info.Examples> examples = () -> Info.Examples.NONE;
        private Limits limits = Limits.DEFAULTS;

        private Builder(Supplier<UniPic> loader) {
            this.loader = Objects.requireNonNull(loader, "loader");
        }

        /**
         * Sets where to listen.
         *
         * @param address a name or an IP address of this machine; 127.0.0.1 by default. Any other than a loopback
         *     address needs an API key
         * @return this builder
         */
        public Builder host(String address) {
            host = Objects.requireNonNull(address, "address");
            return this;
        }

        /**
         * Sets the port.
         *
         * @param number 1 to 65535, 8080 by default; 0 for any that is free
         * @return this builder
         */
        public Builder port(int number) {
            port = number;
            return this;
        }

        /**
         * Sets the key that requests must bring.
         *
         * @param key 1 to 1000 ASCII characters without blanks
         * @return this builder
         */
        public Builder apiKey(String key) {
            apiKey = Optional.of(key);
            return this;
        }

        /**
         * Allows a name that clients and web pages use for this server, such as that of a reverse proxy. IP addresses
         * and {@code localhost} are always allowed.
         *
         * @param name without scheme and port
         * @return this builder
         */
        public Builder allowHost(String name) {
            allowedHosts.add(name.toLowerCase(Locale.ROOT));
            return this;
        }

        /**
         * Sets how many requests the model works on at once.
         *
         * @param number 1 or more, 1 by default: one image keeps a machine busy
         * @return this builder
         */
        public Builder jobs(int number) {
            jobs = number;
            return this;
        }

        /**
         * Sets how many requests may wait for their turn.
         *
         * @param number 0 or more, 16 by default; further ones are refused with status 429
         * @return this builder
         */
        public Builder queue(int number) {
            waiting = number;
            return this;
        }

        /**
         * Sets how long running requests may go on once the server is closed.
         *
         * @param time 0 to 24 hours, 30 seconds by default
         * @return this builder
         */
        public Builder grace(Duration time) {
            grace = Objects.requireNonNull(time, "time");
            return this;
        }

        /**
         * Serves by HTTPS, HTTP/2 included.
         *
         * @param chain a PEM file with the certificate and those that signed it
         * @param key a PEM file with the private key (PKCS#8, not encrypted)
         * @return this builder
         */
        public Builder tls(Path chain, Path key) {
            certificate = Optional.of(new JettyServer.Certificate(chain, key));
            return this;
        }

        /**
         * Sets whether prompts are logged.
         *
         * @param log false by default
         * @return this builder
         */
        public Builder logPrompts(boolean log) {
            logPrompts = log;
            return this;
        }

        /** For tests. */
        Builder limits(Limits other) {
            limits = other;
            return this;
        }

        /**
         * Sets what the page tells about the model.
         *
         * @param text a sentence or two; what is between backquotes is shown as a command. None by default
         * @return this builder
         */
        public Builder note(String text) {
            note = Optional.of(text);
            return this;
        }

        /**
         * Sets texts that the page offers to try.
         *
         * @param prompts for images
         * @param edits instructions for editing an image
         * @param questions about an image
         * @return this builder
         */
        public Builder examples(
                Supplier<List<String>> prompts, Supplier<List<String>> edits, Supplier<List<String>> questions) {
            examples = () -> new Info.Examples(prompts.get(), edits.get(), questions.get());
            return this;
        }

        /**
         * Starts the server. The model is loaded after this has returned.
         *
         * @return a server that listens
         * @throws InvalidRequestException when an option is wrong, or it cannot listen there
         */
        public UniPicServer start() {
            check();
            Metrics metrics = new Metrics();
            JobQueue queue = new JobQueue(jobs, waiting, metrics);
            metrics.watchQueue(queue::waiting, queue::running);
            ImageStore store = new ImageStore();
            SubmittedImages images = new SubmittedImages(MOST_PIXELS);
            ConversationCache conversations = new ConversationCache(KEPT_CONVERSATIONS, KEPT_TOKENS);
            Router router = new Router(limits, new AccessControl(apiKey, allowedHosts), metrics::answered, logPrompts)
                    .addOpen("GET", "/health", Health.health(queue))
                    .addOpen("GET", "/ready", Health.ready(queue))
                    .add("GET", "/metrics", metrics)
                    .add("GET", "/v1/models", new Models(queue))
                    .add("POST", "/v1/images/generations", new ImageGenerations(queue, store))
                    .add("POST", "/v1/images/edits", new ImageEdits(queue, store, images))
                    .add("POST", "/v1/chat/completions", new ChatCompletions(queue, images, conversations, metrics))
                    .add("GET", "/info", new Info(queue, note, examples))
                    .addOpen("GET", ImageStore.PATH, store);
            Automatic1111.addTo(router, queue, images);
            StaticFiles.addTo(router);
            JettyServer http = JettyServer.start(router, host, port, certificate);
            UniPicServer server = new UniPicServer(http, queue, conversations, grace, loader);
            server.loading.start();
            return server;
        }

        private void check() {
            if (port < 0 || port > 65_535) {
                throw new InvalidRequestException("the port must be 0 to 65535, not " + port);
            }
            if (jobs < 1) {
                throw new InvalidRequestException("at least 1 job must run at once, not " + jobs);
            }
            if (waiting < 0) {
                throw new InvalidRequestException("the queue must have room for 0 or more, not " + waiting);
            }
            if (apiKey.filter(key -> !KEY.matcher(key).matches()).isPresent()) {
                throw new InvalidRequestException("the API key must be 1 to 1000 ASCII characters without blanks");
            }
            if (grace.isNegative() || grace.compareTo(LONGEST_GRACE) > 0) {
                throw new InvalidRequestException("the grace time must be 0 to 24 hours, not " + grace);
            }
            boolean loopback = isLoopback();
            if (apiKey.isEmpty() && !loopback) {
                throw new InvalidRequestException("listening at " + host
                        + " lets others use this server; set an API key, or listen at 127.0.0.1");
            }
        }

        private boolean isLoopback() {
            try {
                return InetAddress.getByName(host).isLoopbackAddress();
            } catch (UnknownHostException e) {
                throw new InvalidRequestException("there is no host '" + host + "'", e);
            }
        }
    }
}
