package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client that goes away takes its job with it. */
@Timeout(300)
class CancellationTest {
    /** Would run for minutes. */
    private static final String LONG =
            "{\"prompt\":\"a red circle\",\"size\":\"512x512\",\"iterations\":1024,\"num_inference_steps\":1000}";

    private final TestServer server = TestServer.start(options -> options);

    @AfterEach
    void close() {
        server.close();
    }

    private Socket post(String json) throws IOException {
        Socket socket = new Socket("127.0.0.1", server.uri("/").getPort());
        socket.getOutputStream()
                .write(("POST /v1/images/generations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type:"
                                + " application/json\r\nContent-Length: " + json.length() + "\r\n\r\n" + json)
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private void await(int running, int waiting) throws Exception {
        server.awaitText("/health", "\"running\":" + running + ",\"waiting\":" + waiting);
    }

    @Test
    void closingEndsARunningJob() throws Exception {
        Socket socket = post(LONG);
        await(1, 0);
        socket.close();
        await(0, 0);
        assertThat(server.text("/metrics")).contains("unipic_job_cancellations_total{task=\"generate\"} 1.0");
    }

    @Test
    void resettingEndsARunningJob() throws Exception {
        Socket socket = post(LONG);
        await(1, 0);
        socket.setSoLinger(true, 0);
        socket.close();
        await(0, 0);
    }

    @Test
    void closingEndsAJobThatStreams() throws Exception {
        Socket socket = post(LONG.replace("{", "{\"stream\":true,"));
        await(1, 0);
        InputStream stream = socket.getInputStream();
        assertThat(stream.read()).isPositive();
        socket.close();
        await(0, 0);
    }

    @Test
    void closingEndsAJobThatWaits() throws Exception {
        Socket first = post(LONG);
        await(1, 0);
        Socket second = post(LONG);
        await(1, 1);
        second.close();
        await(1, 0);
        first.close();
        await(0, 0);
    }

    /** A client may send its next request early, and one connection serves several requests in turn. */
    @Test
    void pipelinedRequestsAreAnsweredInTurn() throws Exception {
        String body = "{\"prompt\":\"a red circle\",\"size\":\"64x64\",\"iterations\":4,\"num_inference_steps\":50}";
        try (Socket socket = post(body)) {
            String next = "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
            socket.getOutputStream().write(next.getBytes(StandardCharsets.US_ASCII));
            Thread.sleep(20);
            socket.getOutputStream()
                    .write(next.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertThat(all.split("HTTP/1.1 200 OK", -1)).hasSize(4);
            assertThat(all).contains("b64_json").endsWith("}");
        }
    }

    @Test
    void closingTheServerLetsARunningJobEnd() throws Exception {
        Callable<String> image = () -> server.post(
                        "/v1/images/generations",
                        "{\"prompt\":\"a red circle\",\"size\":\"64x64\",\"iterations\":16,\"num_inference_steps\":500}")
                .body();
        FutureTask<String> answer = new FutureTask<>(image);
        new Thread(answer).start();
        // It may have ended by now.
        server.awaitText("/metrics", "unipic_job_wait_seconds_count{task=\"generate\"} 1");
        server.close();
        assertThat(answer.get()).contains("b64_json");
        assertThatCode(server::close).doesNotThrowAnyException();
    }
}
