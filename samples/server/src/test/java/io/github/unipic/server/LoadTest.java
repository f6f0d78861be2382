package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.unipic.testing.TestImages;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many clients at once, of whom some go away at any moment and some send nonsense. */
@Timeout(300)
class LoadTest {
    private static final int CLIENTS = 20;
    private static final int REQUESTS = 200;
    private static final String IMAGE =
            Base64.getEncoder().encodeToString(TestImages.gradient(32, 32).toPng());

    private final TestServer server =
            TestServer.start(options -> options.queue(2 * CLIENTS).jobs(2));
    private final AtomicInteger left = new AtomicInteger();

    private record Request(String path, String body) {
        /** The requests differ, so that answers cannot be mistaken for one another. */
        static Request of(int number) {
            return switch (number % 3) {
                case 0 ->
                    new Request(
                            "/v1/images/generations",
                            "{\"prompt\":\"a red circle\",\"size\":\"32x32\",\"iterations\":2,\"num_inference_steps\":3,\"seed\":"
                                    + number + "}");
                case 1 ->
                    new Request(
                            "/sdapi/v1/img2img",
                            "{\"prompt\":\"blue\",\"steps\":2,\"seed\":" + number + ",\"mask\":\"" + IMAGE
                                    + "\",\"init_images\":[\"" + IMAGE + "\"]}");
                default ->
                    new Request(
                            "/v1/chat/completions",
                            "{\"max_tokens\":3,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
                                    + "{\"url\":\"data:image/png;base64," + IMAGE
                                    + "\"}},{\"type\":\"text\",\"text\":\"question "
                                    + number + "\"}]}]}");
            };
        }
    }

    private String ask(Request request) throws Exception {
        HttpResponse<String> answer = server.post(request.path(), request.body());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonNode json = TestServer.json(answer);
        return json.at("/data/0/b64_json").asText()
                + json.at("/images/0").asText()
                + json.at("/choices/0/message/content").asText();
    }

    private void goAway(Request request, int afterMillis) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", server.uri("/").getPort())) {
            socket.getOutputStream()
                    .write(("POST " + request.path() + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type:"
                                    + " application/json\r\nContent-Length: "
                                    + request.body().length() + "\r\n\r\n"
                                    + request.body())
                            .getBytes(StandardCharsets.US_ASCII));
            Thread.sleep(afterMillis);
            if (afterMillis % 2 == 0) {
                socket.setSoLinger(true, 0);
            }
        }
        left.incrementAndGet();
    }

    private void sendNonsense(int number) throws Exception {
        List<String> bodies = List.of("{", "[]", "{\"prompt\":7}", "\0\1\2", "{\"messages\":[{}]}");
        HttpResponse<String> answer = server.post(Request.of(number).path(), bodies.get(number % bodies.size()));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    }

    /** The outcome of a request: its answer, or empty where there is none. */
    private String run(int number, int kind, int millis) throws Exception {
        if (kind < 3) {
            goAway(Request.of(number), millis);
            return "";
        }
        if (kind == 3) {
            sendNonsense(number);
            return "";
        }
        return ask(Request.of(number));
    }

    @Test
    void eachClientGetsItsOwnAnswerAndNothingIsLeft() throws Exception {
        for (int i = 0; i < 6; i++) {
            ask(Request.of(i));
        }
        Set<String> files = temporaryFiles();
        long memory = residentMegabytes();
        Random random = new Random(7);
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        List<Future<String>> outcomes = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            int number = i;
            int kind = random.nextInt(10);
            int millis = random.nextInt(60);
            outcomes.add(clients.submit(() -> run(number, kind, millis)));
        }
        int answered = 0;
        for (int i = 0; i < REQUESTS; i++) {
            String outcome = outcomes.get(i).get();
            if (!outcome.isEmpty()) {
                answered++;
                assertThat(outcome).as("request " + i).isEqualTo(ask(Request.of(i)));
            }
        }
        clients.shutdown();
        server.awaitText("/health", "\"running\":0,\"waiting\":0");
        System.out.printf(
                "%d requests of %d clients: %d answered, %d went away; memory %d MB before, %d MB after%n",
                REQUESTS, CLIENTS, answered, left.get(), memory, residentMegabytes());
        assertThat(answered).isGreaterThan(REQUESTS / 2);
        assertThat(left.get()).isGreaterThan(REQUESTS / 5);
        assertThat(temporaryFiles()).isEqualTo(files);
        server.close();
        awaitEndOfThreads();
    }

    /** As Jetty names them; other programs use the folder, too. */
    private static Set<String> temporaryFiles() throws IOException {
        try (Stream<Path> list = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return list.map(path -> path.getFileName().toString())
                    .filter(name -> name.startsWith("MultiPart"))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /** Of those of this server: other tests of this process have their own. The test's time limit ends it. */
    private void awaitEndOfThreads() throws InterruptedException {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith(server.threadName())) {
                thread.join();
            }
        }
    }

    private static long residentMegabytes() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return 0;
        }
        return Files.readString(status)
                .lines()
                .filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                .findFirst()
                .orElse(0);
    }
}
