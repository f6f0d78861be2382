package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.server.RawHttp.Answer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class ApiKeyTest {
    private static final String KEY = "sk-1/2+3=:4";
    private static final TestServer SERVER = TestServer.start(options -> options.apiKey(KEY));

    @AfterAll
    static void close() {
        SERVER.close();
    }

    private static String basic(String pair) {
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    private static Answer models(String authorization) throws Exception {
        return RawHttp.get(SERVER, "/v1/models", "Authorization: " + authorization);
    }

    @Test
    void itComesAsBearerOrAsPassword() throws Exception {
        assertThat(models("Bearer " + KEY).status()).isEqualTo(200);
        assertThat(models("bearer  " + KEY).status()).isEqualTo(200);
        assertThat(models(basic("anyone:" + KEY)).status()).isEqualTo(200);
        assertThat(models(basic(":" + KEY)).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Bearer",
                "Bearer x",
                "Bearer sk-1/2+3=:",
                "Bearer sk-1/2+3=:4x",
                "Bearer SK-1/2+3=:4",
                "sk-1/2+3=:4",
                "Basic !!!",
                "Basic c2stMS8yKzM9OjQ=",
                "Digest sk-1/2+3=:4",
            })
    void anythingElseIsRefused(String authorization) throws Exception {
        Answer answer = models(authorization);
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.error().path("code").asText()).isEqualTo("invalid_api_key");
        assertThat(answer.error().path("type").asText()).isEqualTo("invalid_request_error");
        assertThat(answer.error().path("param").isNull()).isTrue();
        assertThat(answer.header("WWW-Authenticate")).startsWith("Bearer");
        assertThat(answer.body()).doesNotContain("sk-1", "x\"");
    }

    @Test
    void oneOfTwoKeysDoesNotDo() throws Exception {
        assertThat(RawHttp.get(SERVER, "/v1/models", "Authorization: Bearer x", "Authorization: Bearer " + KEY)
                        .status())
                .isEqualTo(401);
    }

    @Test
    void everythingButTheOpenPathsNeedsIt() throws Exception {
        for (String path : new String[] {"/metrics", "/v1/models", "/sdapi/v1/options", "/sdapi/v1/progress"}) {
            assertThat(RawHttp.get(SERVER, path).status()).as(path).isEqualTo(401);
        }
        for (String path :
                new String[] {"/v1/images/generations", "/v1/images/edits", "/v1/chat/completions", "/sdapi/v1/txt2img"
                }) {
            assertThat(RawHttp.postJson(SERVER, path, "{}").status()).as(path).isEqualTo(401);
        }
        assertThat(RawHttp.get(SERVER, "/health").status()).isEqualTo(200);
        assertThat(RawHttp.get(SERVER, "/ready").status()).isEqualTo(200);
    }

    @Test
    void itIsNeverLogged() throws Exception {
        PrintStream before = System.err;
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
        try {
            List<Answer> answers = List.of(
                    models("Bearer " + KEY),
                    models(basic("someone:" + KEY)),
                    models("Bearer " + KEY + "x"),
                    RawHttp.postJson(SERVER, "/v1/images/generations", "{", "Authorization: Bearer " + KEY));
            // A line is written once the answer was sent.
            for (Answer answer : answers) {
                while (!log.toString(StandardCharsets.UTF_8).contains(answer.header("X-Request-Id") + " client=")) {
                    Thread.sleep(5);
                }
            }
        } finally {
            System.setErr(before);
        }
        assertThat(log.toString(StandardCharsets.UTF_8))
                .contains("status=401", "status=400")
                .doesNotContain("sk-1", "c2st");
    }

    /** What no header can bring would lock everyone out. */
    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "two words", "schl\u00fcssel", "a\u0000b", "\ufeffkey", "line\nbreak"})
    void keysThatCannotBeSentAreRefused(String key) {
        assertThatThrownBy(() -> UniPicServer.builder(() -> {
                            throw new IllegalStateException();
                        })
                        .port(0)
                        .apiKey(key)
                        .start())
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("API key")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("two", "ssel", "line"));
    }

    @Test
    void aHostThatIsNoneIsNamedWithAKeyToo() {
        assertThatThrownBy(() -> UniPicServer.builder(() -> {
                            throw new IllegalStateException();
                        })
                        .port(0)
                        .host("::g")
                        .apiKey(KEY)
                        .start())
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("there is no host '::g'");
    }

    @Test
    void othersReachNoServerWithoutAKey() {
        assertThatThrownBy(() -> UniPicServer.builder(() -> {
                            throw new IllegalStateException();
                        })
                        .port(0)
                        .host("0.0.0.0")
                        .start())
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("API key");
    }
}
