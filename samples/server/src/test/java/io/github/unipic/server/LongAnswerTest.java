package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.server.RawHttp.Answer;
import io.github.unipic.server.http.Limits;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Answers that take long begin with blanks, so that no client gives them up. */
@Timeout(300)
class LongAnswerTest {
    private static final TestServer SERVER = TestServer.start(
            options -> options.limits(Limits.DEFAULTS.withBlanks(Duration.ofMillis(20), Duration.ofMillis(1))));

    private static final String JOB =
            "{\"prompt\":\"a\",\"size\":\"256x256\",\"iterations\":16,\"num_inference_steps\":50,\"seed\":1}";

    @AfterAll
    static void close() {
        SERVER.close();
    }

    @Test
    void blanksPrecedeTheJson() throws Exception {
        Answer answer = RawHttp.postJson(SERVER, "/v1/images/generations", JOB);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualTo("application/json");
        assertThat(answer.body()).startsWith("  ").endsWith("}");
        assertThat(answer.json().at("/data/0/b64_json").asText()).hasSizeGreaterThan(1000);
    }

    @Test
    void errorsAfterThatComeWithStatus200() throws Exception {
        try (RawHttp http = new RawHttp(SERVER)) {
            String json = "{\"prompt\":\"a\",\"width\":512,\"height\":512,\"steps\":1000}";
            http.write("POST /sdapi/v1/txt2img HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                    + "Content-Length: " + json.length() + "\r\n\r\n" + json);
            assertThat(http.socket().getInputStream().read()).isEqualTo('H');
            RawHttp.postJson(SERVER, "/sdapi/v1/interrupt", "{}");
            Answer answer = http.read();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.json().path("error").asText()).isEqualTo("cancelled");
        }
    }

    @Test
    void streamsHaveComments() throws Exception {
        Answer answer = RawHttp.postJson(SERVER, "/v1/images/generations", JOB.replace("{", "{\"stream\":true,"));
        assertThat(answer.body()).contains("\n: still here\n\n").contains("event: image_generation.completed");
    }

    @Test
    void quickAnswersHaveNone() throws Exception {
        String json = "{\"prompt\":\"a\",\"size\":\"16x16\",\"iterations\":1,\"num_inference_steps\":1}";
        assertThat(RawHttp.postJson(TestServer.shared(), "/v1/images/generations", json)
                        .body())
                .startsWith("{");
    }
}
