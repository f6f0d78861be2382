package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.unipic.GenerateRequest;
import io.github.unipic.InferenceException;
import io.github.unipic.UniPic;
import io.github.unipic.server.http.AccessControl;
import io.github.unipic.server.http.JettyServer;
import io.github.unipic.server.http.Limits;
import io.github.unipic.server.http.Route;
import io.github.unipic.server.http.Router;
import io.github.unipic.server.jobs.JobQueue;
import io.github.unipic.server.operation.Metrics;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A job that fails, in whichever way, is told; the next one works. */
@Timeout(300)
class FailingJobTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final Metrics METRICS = new Metrics();
    private static final JobQueue QUEUE = new JobQueue(1, 0, METRICS);

    private static JettyServer server;

    @BeforeAll
    static void start() {
        QUEUE.open(TestServer.shared().unipic());
        Router router = new Router(
                        Limits.DEFAULTS, new AccessControl(Optional.empty(), Set.of()), METRICS::answered, false)
                .add("GET", "/metrics", METRICS);
        jobs().forEach((name, job) -> router.add("POST", "/plain/" + name, route(job, false))
                .add("POST", "/stream/" + name, route(job, true)));
        server = JettyServer.start(router, "127.0.0.1", 0, Optional.empty());
    }

    @AfterAll
    static void close() {
        server.close();
    }

    private static Map<String, Function<UniPic, Object>> jobs() {
        return Map.of(
                "inference",
                        unipic -> {
                            throw new InferenceException("the graph\nran dry");
                        },
                "memory",
                        unipic -> {
                            throw new OutOfMemoryError("Java heap space");
                        },
                "stack",
                        unipic -> {
                            throw new StackOverflowError();
                        },
                "listener",
                        unipic -> unipic.generate(GenerateRequest.builder("a")
                                .size(16, 16)
                                .iterations(1)
                                .diffusionSteps(1)
                                .listener(progress -> {
                                    throw new IllegalStateException("secret");
                                })
                                .build()),
                "works", unipic -> Map.of("a", 1));
    }

    private static Route route(Function<UniPic, Object> job, boolean stream) {
        return exchange -> {
            exchange.json();
            if (stream) {
                var events = exchange.events();
                events.send("first", Map.of());
                events.send("last", QUEUE.run("test", exchange, before -> {}, job));
            } else {
                exchange.send(200, QUEUE.run("test", exchange, before -> {}, job));
            }
        };
    }

    private static HttpResponse<String> post(String path) throws Exception {
        return CLIENT.send(
                HttpRequest.newBuilder(server.uri().resolve(path))
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString("{}"))
                        .build(),
                BodyHandlers.ofString());
    }

    @ParameterizedTest
    @CsvSource({"inference, ran dry", "memory, internal error", "stack, internal error", "listener, internal error"})
    void theServerOutlivesIt(String job, String message) throws Exception {
        HttpResponse<String> plain = post("/plain/" + job);
        assertThat(plain.statusCode()).isEqualTo(500);
        JsonNode error = new ObjectMapper().readTree(plain.body()).path("error");
        assertThat(error.path("message").asText()).contains(message).doesNotContain("\n", "secret", "\tat ");
        assertThat(error.path("type").asText()).isEqualTo("server_error");
        HttpResponse<String> stream = post("/stream/" + job);
        assertThat(stream.statusCode()).isEqualTo(200);
        assertThat(stream.body())
                .contains("event: first", "event: error\ndata: {\"error\":{\"message\":")
                .doesNotContain("event: last");
        assertThat(post("/plain/works").body()).isEqualTo("{\"a\":1}");
        assertThat(post("/stream/works").body()).contains("event: last");
        assertThat(QUEUE.running()).isZero();
    }
}
