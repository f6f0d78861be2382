package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.GenerateRequest;
import io.github.unipic.UniPic;
import io.github.unipic.UniPicException;
import io.github.unipic.server.RawHttp.Answer;
import io.github.unipic.server.http.AccessControl;
import io.github.unipic.server.http.JettyServer;
import io.github.unipic.server.http.Limits;
import io.github.unipic.server.http.Router;
import io.github.unipic.server.jobs.JobQueue;
import io.github.unipic.server.operation.Metrics;
import io.github.unipic.testing.SmallModel;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A full queue, and a server that ends. */
@Timeout(300)
class QueueTest {
    private static final String LONG =
            "{\"prompt\":\"a\",\"size\":\"512x512\",\"iterations\":1024,\"num_inference_steps\":1000}";
    private static final String SMALL =
            "{\"prompt\":\"a\",\"size\":\"16x16\",\"iterations\":1,\"num_inference_steps\":1}";
    private static final String GENERATE = "/v1/images/generations";

    private static RawHttp begin(TestServer server) throws Exception {
        return new RawHttp(server)
                .write("POST " + GENERATE + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                        + "Content-Length: " + LONG.length() + "\r\n\r\n" + LONG);
    }

    private static void await(TestServer server, int running, int waiting) throws Exception {
        server.awaitText("/health", "\"running\":" + running + ",\"waiting\":" + waiting);
    }

    @Test
    void beyondItsLengthRequestsAreRefusedUntilThereIsRoom() throws Exception {
        try (TestServer server = TestServer.start(options -> options.queue(1).grace(Duration.ZERO))) {
            try (RawHttp running = begin(server)) {
                await(server, 1, 0);
                RawHttp waiting = begin(server);
                await(server, 1, 1);
                Answer refused = RawHttp.postJson(server, GENERATE, SMALL);
                assertThat(refused.status()).isEqualTo(429);
                assertThat(refused.header("Retry-After")).isEqualTo("5");
                assertThat(refused.error().path("type").asText()).isEqualTo("rate_limit_error");
                assertThat(refused.error().path("code").asText()).isEqualTo("queue_full");
                Answer other = RawHttp.postJson(server, "/sdapi/v1/txt2img", "{\"prompt\":\"a\"}");
                assertThat(other.status()).isEqualTo(429);
                assertThat(other.json().path("error").asText()).isEqualTo("queue_full");
                Answer wrong = RawHttp.postJson(server, GENERATE, "{}");
                assertThat(wrong.status()).as("what is wrong is told at once").isEqualTo(400);
                waiting.close();
                await(server, 1, 0);
                running.socket().shutdownOutput();
                await(server, 0, 0);
            }
            assertThat(RawHttp.postJson(server, GENERATE, SMALL).status()).isEqualTo(200);
            server.awaitText("/metrics", "unipic_requests_total{path=\"" + GENERATE + "\",status=\"429\"} 1.0");
            server.awaitText("/metrics", "unipic_job_cancellations_total{task=\"generate\"} 2.0");
        }
    }

    @Test
    void aServerThatEndsRefusesWhatWaitsAndWhatComes() throws Exception {
        TestServer server = TestServer.start(options -> options.grace(Duration.ofHours(1)));
        try (RawHttp running = begin(server);
                RawHttp kept = new RawHttp(server)) {
            await(server, 1, 0);
            kept.write("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            assertThat(kept.read().status()).isEqualTo(200);
            try (RawHttp waiting = begin(server)) {
                await(server, 1, 1);
                Thread closing = new Thread(server::close);
                closing.start();
                assertShuttingDown(waiting.read(), "shutting_down");
                kept.write("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
                assertShuttingDown(kept.read(), "shutting_down");
                running.socket().shutdownOutput();
                closing.join();
            }
        }
    }

    @Test
    void aServerThatEndsCancelsWhatRunsTooLong() throws Exception {
        TestServer server = TestServer.start(options -> options.grace(Duration.ofMillis(1)));
        try (RawHttp running = begin(server)) {
            await(server, 1, 0);
            server.close();
            assertShuttingDown(running.read(), "cancelled");
        }
    }

    private static void assertShuttingDown(Answer answer, String code) throws Exception {
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.error().path("code").asText()).isEqualTo(code);
        assertThat(answer.error().path("type").asText()).isEqualTo("server_error");
        assertThat(answer.header("Retry-After")).isNotEmpty();
    }

    @Test
    void whileTheModelIsLoadedRequestsWait() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        AtomicReference<UniPic> loaded = new AtomicReference<>();
        UniPicServer server =
                UniPicServer.builder(() -> load(loading, loaded)).port(0).start();
        TestServer test = TestServer.of(server);
        assertThat(test.text("/health")).contains("\"status\":\"loading\"");
        assertThat(RawHttp.get(test, "/ready").status()).isEqualTo(503);
        assertThat(test.text("/v1/models")).isEqualTo("{\"object\":\"list\",\"data\":[]}");
        RawHttp waiting = begin(test);
        await(test, 0, 1);
        waiting.close();
        await(test, 0, 0);
        server.close();
        loading.countDown();
        assertThatThrownBy(server::awaitModel).isInstanceOf(UniPicException.class);
        assertThatThrownBy(
                        () -> loaded.get().generate(GenerateRequest.builder("a").build()))
                .as("closed, because nobody uses it")
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void thoseThatWillRunAtOnceDoNotCountAsWaiting() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        UniPicServer server = UniPicServer.builder(() -> {
                    await(loading);
                    throw new IllegalStateException();
                })
                .port(0)
                .jobs(2)
                .queue(0)
                .start();
        TestServer test = TestServer.of(server);
        try (test) {
            List<RawHttp> waiting = List.of(begin(test), begin(test));
            await(test, 0, 2);
            assertThat(RawHttp.postJson(test, GENERATE, SMALL).status()).isEqualTo(429);
            for (RawHttp each : waiting) {
                each.close();
            }
        } finally {
            loading.countDown();
        }
    }

    /** A job that begins is in one list or in the other, not in both. */
    @Test
    void twoClientsOfTwoJobsAreNeverRefused() throws Exception {
        JobQueue queue = new JobQueue(2, 0, new Metrics());
        queue.open(TestServer.shared().unipic());
        Router router = new Router(
                        Limits.DEFAULTS, new AccessControl(Optional.empty(), Set.of()), (path, status) -> {}, false)
                .add(
                        "GET",
                        "/job",
                        exchange -> exchange.send(200, queue.run("test", exchange, before -> {}, unipic -> Map.of())));
        try (JettyServer server = JettyServer.start(router, "127.0.0.1", 0, Optional.empty())) {
            HttpClient client = HttpClient.newHttpClient();
            HttpRequest request =
                    HttpRequest.newBuilder(server.uri().resolve("/job")).build();
            List<CompletableFuture<Void>> clients = Stream.generate(() -> CompletableFuture.runAsync(() -> {
                        for (int i = 0; i < 300; i++) {
                            assertThat(client.sendAsync(request, BodyHandlers.ofString())
                                            .join()
                                            .statusCode())
                                    .isEqualTo(200);
                        }
                    }))
                    .limit(2)
                    .toList();
            clients.forEach(CompletableFuture::join);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static UniPic load(CountDownLatch loading, AtomicReference<UniPic> loaded) {
        await(loading);
        loaded.set(UniPic.builder(SmallModel.folder()).threads(1).load());
        return loaded.get();
    }
}
