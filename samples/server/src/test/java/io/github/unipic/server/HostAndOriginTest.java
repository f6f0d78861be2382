package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.server.RawHttp.Answer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Foreign web pages reach nothing, whatever they make a browser send. */
class HostAndOriginTest {
    private static final TestServer SERVER = TestServer.shared();
    private static final TestServer GUARDED =
            TestServer.start(options -> options.apiKey("secret").allowHost("Draw.Example"));

    private static final String GENERATE = "/v1/images/generations";

    @AfterAll
    static void close() {
        GUARDED.close();
    }

    private static int status(TestServer server, String target, String... headers) throws Exception {
        return RawHttp.send(server, "GET " + target + " HTTP/1.1\r\n" + String.join("\r\n", headers) + "\r\n\r\n")
                .status();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.0.0.1:8080",
                "localhost",
                "LocalHost:1",
                "[::1]",
                "[::1]:8080",
                "192.168.1.7:8080",
                "[fe80::1]",
            })
    void addressesThatNoNameServerDecidesAboutAreAllowed(String host) throws Exception {
        assertThat(status(SERVER, "/health", "Host: " + host)).isEqualTo(200);
        assertThat(status(GUARDED, "/health", "Host: " + host)).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:8080",
                "localhost.",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "127-0-0-1.evil.example",
                "127.1",
                "2130706433",
                "0x7f000001",
                "draw.example.evil.example",
            })
    void namesAreRefused(String host) throws Exception {
        for (TestServer server : new TestServer[] {SERVER, GUARDED}) {
            Answer answer = RawHttp.send(
                    server, "GET /v1/models HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer secret\r\n\r\n");
            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.error().path("code").asText()).isEqualTo("host_not_allowed");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X: no host",
                "Host:",
                "Host: 127.0.0.1\r\nHost: evil.example",
                "Host: 127.0.0.1\r\nHost: 127.0.0.1",
                "Host: [::1",
                "Host: [evil.example]",
                "Host: user@127.0.0.1",
                "Host: 127.0.0.1:80:80",
                "Host: 127.0.0.1:99999",
                "Host: 127.0.0.1, evil.example",
                "Host: 127.0.0.1/evil",
                "Host: 127.0.0.1\\evil",
            })
    void oddHostsAreRefused(String headers) throws Exception {
        Answer answer = RawHttp.send(SERVER, "GET /health HTTP/1.1\r\n" + headers + "\r\n\r\n");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error().path("type").asText()).isEqualTo("invalid_request_error");
        assertThat(answer.header("X-Request-Id")).isNotEmpty();
    }

    @Test
    void theTargetsAuthorityAndTheHostMustAgree() throws Exception {
        assertThat(status(SERVER, "http://127.0.0.1/health", "Host: 127.0.0.1")).isEqualTo(200);
        assertThat(status(SERVER, "http://evil.example/health", "Host: 127.0.0.1"))
                .isEqualTo(400);
        assertThat(status(SERVER, "http://127.0.0.1/health", "Host: evil.example"))
                .isEqualTo(400);
        assertThat(status(SERVER, "http://evil.example/health", "Host: evil.example"))
                .isEqualTo(403);
    }

    @Test
    void anAllowedNameIsReached() throws Exception {
        assertThat(status(GUARDED, "/health", "Host: draw.example")).isEqualTo(200);
        assertThat(status(GUARDED, "/health", "Host: DRAW.example:443")).isEqualTo(200);
        assertThat(status(GUARDED, "/health", "Host: 127.0.0.1", "Origin: https://draw.example"))
                .isEqualTo(200);
        assertThat(status(GUARDED, "/health", "Host: 127.0.0.1", "Origin: https://draw.example.evil.example"))
                .isEqualTo(403);
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:8080, http://127.0.0.1:8080, 400",
        "localhost:8080, https://localhost:8080, 400",
        "[::1]:8080, http://[::1]:8080, 400",
        "127.0.0.1:8080, http://127.0.0.1:3000, 403",
        "127.0.0.1:8080, http://127.0.0.1, 403",
        "127.0.0.1:8080, http://localhost:8080, 403",
        "127.0.0.1:8080, http://evil.example, 403",
        "127.0.0.1:8080, http://evil.example@127.0.0.1:8080, 403",
        "127.0.0.1:8080, http://127.0.0.1:8080.evil.example, 403",
        "127.0.0.1:8080, null, 403",
        "127.0.0.1:8080, file://, 403",
        "127.0.0.1:8080, chrome-extension://abc, 403",
        "127.0.0.1:8080, 'http://127.0.0.1:8080, http://evil.example', 403",
    })
    void onlyTheServersOwnPagesMaySend(String host, String origin, int status) throws Exception {
        for (TestServer server : new TestServer[] {SERVER, GUARDED}) {
            Answer answer = RawHttp.send(
                    server,
                    "POST " + GENERATE + " HTTP/1.1\r\nHost: " + host + "\r\nOrigin: " + origin
                            + "\r\nAuthorization: Bearer secret\r\nContent-Type: application/json\r\n"
                            + "Content-Length: 2\r\n\r\n{}");
            assertThat(answer.status()).as(answer.body()).isEqualTo(status);
            assertThat(answer.header("Access-Control-Allow-Origin")).isEmpty();
        }
    }

    @Test
    void eachOriginCounts() throws Exception {
        Answer answer =
                RawHttp.postJson(SERVER, GENERATE, "{}", "Origin: http://127.0.0.1", "Origin: http://evil.example");
        assertThat(answer.status()).isEqualTo(403);
    }

    /** A form needs no preflight, so a browser sends it. */
    @Test
    void aFormOfAnotherSiteIsRefused() throws Exception {
        String form = "--x\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na\r\n--x--\r\n";
        Answer answer = RawHttp.post(
                SERVER,
                "/v1/images/edits",
                "multipart/form-data; boundary=x",
                form.getBytes(StandardCharsets.US_ASCII),
                "Origin: https://evil.example");
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.error().path("code").asText()).isEqualTo("origin_not_allowed");
        assertThat(answer.error().path("message").asText())
                .contains("only the server's own page may send them", "proxy")
                .doesNotContain("\n");
    }

    @Test
    void aPreflightOfAnotherSiteIsRefused() throws Exception {
        Answer answer = RawHttp.send(
                SERVER,
                "OPTIONS " + GENERATE + " HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://evil.example\r\n"
                        + "Access-Control-Request-Method: POST\r\n\r\n");
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.header("Access-Control-Allow-Origin")).isEmpty();
    }
}
