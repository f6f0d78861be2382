package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.server.RawHttp.Answer;
import java.io.IOException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Targets, methods and headers that are odd or huge. */
class RequestHeadTest {
    private static final TestServer SERVER = TestServer.shared();
    private static final String FILES = "/v1/images/files/";

    private static void assertRefused(Answer answer, int status, String code) throws IOException {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.error().path("code").asText()).as(answer.body()).isEqualTo(code);
        assertThat(answer.error().path("type").asText()).isEqualTo("invalid_request_error");
        assertThat(answer.error().path("message").asText()).isNotBlank().doesNotContain("\n", "Exception");
        assertThat(answer.header("Content-Type")).startsWith("application/json");
        assertThat(answer.header("X-Request-Id")).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                FILES + "%2e%2e/x",
                FILES + "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
                FILES + "..;/x",
                FILES + "%2f",
                FILES + "..%5c..%5cx",
                FILES + "a%00b",
                FILES + "%252e%252e",
                FILES + "%ff",
                FILES + "%",
                FILES + "%zz",
                FILES + "%u002e",
                "//health",
                "/%",
                "/../../etc/passwd",
                "/\u00e9",
                "*",
            })
    void ambiguousPathsAreRefused(String path) throws Exception {
        assertRefused(RawHttp.get(SERVER, path), 400, "bad_request");
    }

    @ParameterizedTest
    @ValueSource(strings = {FILES, FILES + "a/b", FILES + "x.png", "/health/", "/v1", "/page", "/v1/images/../models2"})
    void otherPathsLeadNowhere(String path) throws Exception {
        assertRefused(RawHttp.get(SERVER, path), 404, "not_found");
    }

    @ParameterizedTest
    @ValueSource(strings = {"%ff", "%zz", "%", "%c3", "a%00%ff"})
    void damagedQueriesAreRefused(String value) throws Exception {
        Answer answer = RawHttp.get(SERVER, "/sdapi/v1/progress?skip_current_image=" + value);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().path("detail").asText()).contains("query");
    }

    @Test
    void hugeHeadsAreRefused() throws Exception {
        assertRefused(RawHttp.get(SERVER, "/" + "a".repeat(20_000)), 414, "uri_too_long");
        assertRefused(
                RawHttp.get(SERVER, "/health", "X: " + "a".repeat(20_000)), 431, "request_header_fields_too_large");
        String many = IntStream.range(0, 5_000).mapToObj(i -> "X" + i + ": 1").collect(Collectors.joining("\r\n"));
        assertRefused(RawHttp.get(SERVER, "/health", many), 431, "request_header_fields_too_large");
        assertThat(RawHttp.get(SERVER, "/health", "X: " + "a".repeat(10_000)).status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b: c", "X: a\r\n b", ": a", "X : a", "X: a\u0000b"})
    void malformedHeadersAreRefused(String header) throws Exception {
        assertRefused(RawHttp.get(SERVER, "/health", header), 400, "bad_request");
    }

    @Test
    void garbageIsRefused() throws Exception {
        assertThat(RawHttp.send(SERVER, "\0\0\0\0\r\n\r\n").status()).isEqualTo(400);
        assertThat(RawHttp.send(SERVER, "GET /health\r\n\r\n").status()).isEqualTo(505);
        assertThat(RawHttp.send(SERVER, "GET /health HTTP/3.0\r\nHost: 127.0.0.1\r\n\r\n")
                        .status())
                .isEqualTo(505);
    }

    /** A TLS client finds no TLS here. */
    @Test
    void aTlsGreetingIsRefused() throws Exception {
        assertThat(RawHttp.send(SERVER, "\u0016\u0003\u0001\u0002\0\u0001\0\r\n\r\n")
                        .status())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({
        "/health, DELETE, GET",
        "/health, POST, GET",
        "/health, OPTIONS, GET",
        "/health, TRACE, GET",
        "/health, BREW, GET",
        "/v1/models, PUT, GET",
        "/v1/images/generations, GET, POST",
        "/v1/images/edits, HEAD, POST",
        "/v1/chat/completions, OPTIONS, POST",
        "/sdapi/v1/options, DELETE, 'GET, POST'",
        "/v1/images/files/x, POST, GET",
    })
    void otherMethodsAreRefusedAndTheRightOnesNamed(String path, String method, String allowed) throws Exception {
        String request = method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
        try (RawHttp http = new RawHttp(SERVER)) {
            http.write(request);
            String answer = new String(http.socket().getInputStream().readAllBytes());
            assertThat(answer).startsWith("HTTP/1.1 405").contains("\r\nAllow: " + allowed + "\r\n");
            if (!method.equals("HEAD")) {
                assertThat(answer).contains("\"code\":\"method_not_allowed\"");
            }
        }
    }

    @Test
    void headIsGetWithoutTheBody() throws Exception {
        try (RawHttp http = new RawHttp(SERVER)) {
            http.write("HEAD /ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
            String head = new String(http.socket().getInputStream().readAllBytes());
            int length = RawHttp.get(SERVER, "/ready").body().length();
            assertThat(head)
                    .startsWith("HTTP/1.1 200")
                    .contains("Content-Length: " + length + "\r\n")
                    .endsWith("\r\n\r\n");
        }
    }
}
