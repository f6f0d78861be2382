package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.server.RawHttp.Answer;
import io.github.unipic.server.http.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that send or take one byte after the other hold up nobody but themselves, and not for long. */
@Timeout(300)
class SlowClientTest {
    private static final int CONNECTIONS = 12;
    private static final Duration STALLED = Duration.ofMillis(400);
    private static final Duration LIMIT = Duration.ofMillis(600);
    private static final TestServer SERVER = TestServer.start(options ->
            options.limits(Limits.DEFAULTS.withConnections(CONNECTIONS).withPatience(STALLED, LIMIT, LIMIT, LIMIT)));

    private static final String GENERATE = "/v1/images/generations";
    private static final String POST =
            "POST " + GENERATE + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n";

    @AfterAll
    static void close() {
        SERVER.close();
    }

    /** Sends bytes so often that no idle timeout is reached, until the server ends the connection. */
    private static void dribble(RawHttp http, String text) throws InterruptedException {
        try {
            while (http.socket().getInputStream().available() == 0) {
                http.write(text);
                Thread.sleep(30);
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    @Test
    void headersMustComeInTime() throws Exception {
        try (RawHttp http = new RawHttp(SERVER)) {
            http.write("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ");
            dribble(http, "a");
            assertThat(SERVER.text("/health")).contains("ready");
        }
    }

    @Test
    void soMustTheHeadersOfASecondRequest() throws Exception {
        try (RawHttp http = new RawHttp(SERVER)) {
            http.write("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            assertThat(http.read().status()).isEqualTo(200);
            http.write("GET /health HTTP/1.1\r\n");
            dribble(http, "A: a\r\n");
        }
    }

    @Test
    void blankLinesAreNoRequest() throws Exception {
        try (RawHttp http = new RawHttp(SERVER)) {
            dribble(http, "\r\n");
        }
    }

    @Test
    void bodiesMustComeInTime() throws Exception {
        try (RawHttp http = new RawHttp(SERVER)) {
            http.write(POST + "Content-Length: 100000\r\n\r\n{");
            dribble(http, " ");
            Answer answer = http.read();
            assertThat(answer.status()).isEqualTo(408);
            assertThat(answer.error().path("code").asText()).isEqualTo("timeout");
        }
    }

    @Test
    void aBodyThatStopsIsGivenUp() throws Exception {
        try (RawHttp http = new RawHttp(SERVER)) {
            http.write(POST + "Content-Length: 100\r\n\r\n{");
            assertThat(http.read().status()).isEqualTo(408);
        }
    }

    /** What is left of a refused body is discarded, but neither for a client that dribbles nor for one that waits. */
    @Test
    void aRefusedBodyIsNotAwaitedForLong() throws Exception {
        for (boolean dribbles : new boolean[] {true, false}) {
            try (RawHttp http = new RawHttp(SERVER)) {
                http.write(POST + "Content-Length: 1000000000000\r\n\r\n{");
                assertThat(http.read().status()).isEqualTo(413);
                if (dribbles) {
                    dribble(http, " ");
                } else {
                    assertThat(http.socket().getInputStream().read()).isEqualTo(-1);
                }
            }
        }
    }

    /** Many of them take the connections up to the limit, the others are served, and then all connections are free. */
    @Test
    void theConnectionLimitHoldsAndRecovers() throws Exception {
        List<RawHttp> slow = new ArrayList<>();
        try {
            for (int i = 0; i < CONNECTIONS - 2; i++) {
                RawHttp http = new RawHttp(SERVER);
                slow.add(http);
                http.write("GET /health HTTP/1.1\r\n");
            }
            assertThat(RawHttp.get(SERVER, "/health").status()).isEqualTo(200);
            for (int i = 0; i < CONNECTIONS; i++) {
                slow.add(new RawHttp(SERVER).write("GET /health HTTP/1.1\r\n"));
            }
            assertThat(RawHttp.get(SERVER, "/health").status()).isEqualTo(200);
        } finally {
            for (RawHttp http : slow) {
                http.close();
            }
        }
    }

    private static String stream(int previews) {
        String json = "{\"prompt\":\"a\",\"size\":\"512x512\",\"iterations\":" + (previews + 1)
                + ",\"num_inference_steps\":1,\"stream\":true,\"progress\":true,\"partial_images\":" + previews + "}";
        return POST + "Content-Length: " + json.length() + "\r\n\r\n" + json;
    }

    private static final String SMALL =
            "{\"prompt\":\"a\",\"size\":\"64x64\",\"iterations\":2,\"num_inference_steps\":2}";

    /**
     * It takes some bytes now and then, so that it never stalls; the model is free for others as soon as it is done.
     * When it takes nothing more, it is gone.
     */
    @Test
    void aSlowReaderDoesNotKeepTheModel() throws Exception {
        Duration enough = Duration.ofMinutes(1);
        AtomicBoolean over = new AtomicBoolean();
        // A slow connection moves in jumps, as large as the buffers between.
        try (TestServer server = TestServer.start(
                        options -> options.limits(Limits.DEFAULTS.withPatience(enough, enough, enough, LIMIT)));
                RawHttp http = new RawHttp(server)) {
            http.socket().setReceiveBufferSize(4096);
            http.write(stream(8));
            InputStream stream = http.socket().getInputStream();
            Thread reader = new Thread(() -> {
                try {
                    while (!over.get() && stream.read(new byte[1 << 12]) > 0) {
                        Thread.sleep(20);
                    }
                } catch (IOException | InterruptedException e) {
                    // Given up.
                }
            });
            reader.start();
            server.awaitText("/metrics", "unipic_job_wait_seconds_count{task=\"generate\"} 1");
            assertThat(server.post(GENERATE, SMALL).statusCode()).isEqualTo(200);
            assertThat(server.text("/metrics"))
                    .as("the slow reader's images were drawn, too")
                    .contains("unipic_job_cancellations_total{task=\"generate\"} 0.0");
            over.set(true);
            reader.join();
            server.awaitText("/metrics", "generations\",status=\"499\"} ");
        }
    }
}
