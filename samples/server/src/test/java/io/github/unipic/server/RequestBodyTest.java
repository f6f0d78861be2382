package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.unipic.server.RawHttp.Answer;
import io.github.unipic.server.http.Limits;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that are too large, lie about their length, or are no JSON and no form. */
@Timeout(300)
class RequestBodyTest {
    private static final int MOST = 100_000;
    private static final TestServer SERVER =
            TestServer.start(options -> options.limits(Limits.DEFAULTS.withSizes(MOST, 1 << 20)));
    private static final String GENERATE = "/v1/images/generations";
    private static final String HEAD =
            "POST " + GENERATE + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n";

    @AfterAll
    static void close() {
        SERVER.close();
    }

    private static Answer send(String headers, String body) throws IOException {
        return RawHttp.send(SERVER, HEAD + headers + "\r\n" + body);
    }

    private static void assertRefused(Answer answer, int status, String code) throws IOException {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.error().path("code").asText()).as(answer.body()).isEqualTo(code);
        assertThat(answer.error().path("type").asText()).isEqualTo("invalid_request_error");
        assertThat(answer.error().path("message").asText()).isNotBlank().doesNotContain("\n", "\tat ", "Exception");
        assertThat(answer.header("X-Request-Id")).isNotEmpty();
    }

    /** The body is not sent at all, and the answer comes. */
    @Test
    void whatIsDeclaredTooLargeIsRefusedBeforeItIsRead() throws Exception {
        assertRefused(send("Content-Length: " + (MOST + 1) + "\r\n", ""), 413, "body_too_large");
        assertRefused(send("Content-Length: 9223372036854775807\r\n", ""), 413, "body_too_large");
        Answer form = RawHttp.send(
                SERVER,
                "POST /v1/images/edits HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\n"
                        + "Content-Length: " + (MOST + 1) + "\r\n\r\n");
        assertRefused(form, 413, "body_too_large");
    }

    /** More than the buffers between two sockets hold, by a client that sends all before it reads. */
    @ParameterizedTest
    @CsvSource({
        GENERATE + ", application/json, 413, body_too_large",
        GENERATE + ", text/plain, 415, unsupported_media_type",
        "/v1/images/edits, multipart/form-data; boundary=x, 413, body_too_large",
        "/nowhere, application/json, 404, not_found"
    })
    void aClientThatSendsAllOfALargeBodyFirstSeesTheAnswer(String path, String type, int status, String code)
            throws Exception {
        byte[] mebibyte = new byte[1 << 20];
        for (boolean chunked : new boolean[] {false, true}) {
            try (RawHttp http = new RawHttp(SERVER)) {
                String length = chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + 64L * mebibyte.length;
                http.write("POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: " + type + "\r\n" + length
                        + "\r\n\r\n");
                OutputStream body = http.socket().getOutputStream();
                for (int i = 0; i < 64; i++) {
                    body.write(chunked ? "100000\r\n".getBytes(StandardCharsets.US_ASCII) : new byte[0]);
                    body.write(mebibyte);
                    body.write(chunked ? "\r\n".getBytes(StandardCharsets.US_ASCII) : new byte[0]);
                }
                body.write(chunked ? "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII) : new byte[0]);
                assertRefused(http.read(), status, code);
            }
        }
    }

    @Test
    void chunksAreCounted() throws Exception {
        String chunk = "1000\r\n" + " ".repeat(0x1000) + "\r\n";
        assertRefused(send("Transfer-Encoding: chunked\r\n", chunk.repeat(MOST / 0x1000 + 1)), 413, "body_too_large");
        assertRefused(send("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), 400, "invalid_value");
    }

    @Test
    void aBodyThatIsShorterThanDeclaredIsToldIfSomeoneListens() throws Exception {
        for (String type : new String[] {"application/json", "multipart/form-data; boundary=x"}) {
            String path = type.startsWith("m") ? "/v1/images/edits" : GENERATE;
            try (RawHttp http = new RawHttp(SERVER)) {
                http.write("POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: " + type
                        + "\r\nContent-Length: 100\r\n\r\n{}");
                http.socket().shutdownOutput();
                assertRefused(http.read(), 400, "incomplete_body");
            }
        }
    }

    /** What is behind the body is the next request, not a part of this one. */
    @Test
    void aBodyThatIsLongerThanDeclaredIsCut() throws Exception {
        try (RawHttp http = new RawHttp(SERVER)) {
            http.write(HEAD + "Content-Length: 2\r\n\r\n{}GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            assertThat(http.read().status()).isEqualTo(400);
            assertThat(http.read().body()).contains("ready");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 2\r\nTransfer-Encoding: chunked",
                "Content-Length: 2\r\nContent-Length: 3",
                "Content-Length: -2",
                "Content-Length: 2x",
                "Content-Length: 99999999999999999999",
                "Transfer-Encoding: gzip",
                "Transfer-Encoding: chunked, identity",
            })
    void lengthsThatContradictAreRefused(String headers) throws Exception {
        assertRefused(send(headers + "\r\n", "2\r\n{}\r\n0\r\n\r\n"), 400, "bad_request");
    }

    @Test
    void malformedChunksAreToldAndNotTakenForAnAnswer() throws Exception {
        assertRefused(send("Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n"), 400, "incomplete_body");
    }

    @Test
    void noBodyIsNoObject() throws Exception {
        assertRefused(send("", ""), 400, "invalid_value");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data"
            })
    void otherTypesAreRefused(String type) throws Exception {
        assertRefused(RawHttp.post(SERVER, GENERATE, type, new byte[0]), 415, "unsupported_media_type");
    }

    @Test
    void typesMayHaveParameters() throws Exception {
        Answer answer = RawHttp.post(SERVER, GENERATE, "Application/JSON; charset=UTF-8", "{}".getBytes());
        assertRefused(answer, 400, "invalid_value");
    }

    @Test
    void compressedBodiesAreRefused() throws Exception {
        assertRefused(
                RawHttp.postJson(SERVER, GENERATE, "{}", "Content-Encoding: gzip"), 415, "unsupported_media_type");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "[]",
                "null",
                "\"a\"",
                "{}x",
                "{}{}",
                "{'a':1}",
                "{\"a\":1,}",
                "{\"prompt\":\"a\",\"prompt\":\"b\"}",
                "{\"x\":NaN}",
                "{\"x\":Infinity}",
                "{\"x\":01}",
                "{\"x\":\"\n\"}",
                "/**/{}",
            })
    void whatIsNoJsonIsRefused(String json) throws Exception {
        assertRefused(RawHttp.postJson(SERVER, GENERATE, json), 400, "invalid_value");
    }

    /** Jackson would take some of these for UTF-16 or UTF-32. */
    @Test
    void whatIsNoUtf8IsRefused() throws Exception {
        byte[][] bodies = {
            {'{', '"', 'a', '"', ':', '"', (byte) 0xff, '"', '}'},
            {'{', '"', (byte) 0xc3, '"', ':', '1', '}'},
            {'{', '"', 'a', '"', ':', '"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"', '}'},
            "{\"prompt\":\"a\"}".getBytes(StandardCharsets.UTF_16LE),
            "{\"prompt\":\"a\"}".getBytes(StandardCharsets.UTF_16),
            {0, 0, 0, '{', 0, 0, 0, '}'},
            {(byte) 0xff, (byte) 0xfe, 0, 0, '{', 0, 0, 0},
        };
        for (byte[] body : bodies) {
            assertRefused(RawHttp.post(SERVER, GENERATE, "application/json", body), 400, "invalid_value");
        }
    }

    @Test
    void deepJsonIsRefused() throws Exception {
        assertRefused(RawHttp.postJson(SERVER, GENERATE, "[".repeat(90_000)), 400, "invalid_value");
        assertRefused(RawHttp.postJson(SERVER, GENERATE, "{\"a\":".repeat(15_000)), 400, "invalid_value");
    }

    /** A tree of {@code {}} takes thirty times the memory of its text. */
    @Test
    void jsonOfManyValuesIsRefused() throws Exception {
        Answer answer = RawHttp.postJson(TestServer.shared(), GENERATE, "{\"a\":[" + "{},".repeat(200_000) + "{}]}");
        assertRefused(answer, 400, "invalid_value");
        assertThat(answer.body()).contains("no valid JSON");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "-1", "1.", "0."})
    void numbersOfManyDigitsAreRefused(String start) throws Exception {
        String json = "{\"seed\":" + start + "1".repeat(50_000) + ",\"prompt\":\"a\"}";
        assertRefused(RawHttp.postJson(SERVER, GENERATE, json), 400, "invalid_value");
    }

    @Test
    void longNamesAreRefused() throws Exception {
        assertRefused(RawHttp.postJson(SERVER, GENERATE, "{\"" + "a".repeat(9_000) + "\":1}"), 400, "invalid_value");
    }

    private static Answer form(String content) throws IOException {
        return RawHttp.post(
                SERVER,
                "/v1/images/edits",
                "multipart/form-data; boundary=x",
                content.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String part(String name, String value) {
        return "--x\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
    }

    @Test
    void tenThousandPartsAreRefused() throws Exception {
        StringBuilder parts = new StringBuilder();
        for (int i = 0; i < 10_000; i++) {
            parts.append("--x\r\nContent-Disposition: form-data; name=\"a")
                    .append(i)
                    .append("\"\r\n\r\n1\r\n");
        }
        Answer answer = RawHttp.post(
                TestServer.shared(),
                "/v1/images/edits",
                "multipart/form-data; boundary=x",
                parts.append("--x--\r\n").toString().getBytes(StandardCharsets.US_ASCII));
        assertRefused(answer, 413, "form_too_large");
        assertRefused(form("--x\r\nX: " + "a".repeat(10_000) + "\r\n\r\n1\r\n--x--\r\n"), 413, "form_too_large");
    }

    @ParameterizedTest
    @CsvSource({"multipart/form-data", "multipart/form-data; boundary=", "'multipart/form-data; boundary=\"'"})
    void aFormNeedsABoundary(String type) throws Exception {
        assertRefused(RawHttp.post(SERVER, "/v1/images/edits", type, new byte[10]), 400, "invalid_value");
    }

    @Test
    void damagedFormsAreRefused() throws Exception {
        String end = "--x--\r\n";
        assertRefused(form(""), 400, "invalid_value");
        assertRefused(form("nothing"), 400, "invalid_value");
        assertRefused(form(part("prompt", "a")), 400, "invalid_value");
        assertRefused(form("--x\r\nnonsense\r\n\r\n1\r\n" + end), 400, "invalid_value");
        assertRefused(form("--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n" + end), 400, "invalid_value");
        JsonNode twice = form(part("prompt", "a") + part("prompt", "b") + end).error();
        assertThat(twice.path("param").asText()).isEqualTo("prompt");
        JsonNode text = form(part("prompt", "\u00ff") + end).error();
        assertThat(text.path("param").asText()).isEqualTo("prompt");
        assertThat(text.path("message").asText()).contains("UTF-8");
    }

    /** All large requests together are bounded, too; what was answered is given back. */
    @Test
    void requestsTogetherAreBounded() throws Exception {
        byte[] body = new byte[MOST - 10_000];
        Arrays.fill(body, (byte) ' ');
        List<RawHttp> open = new ArrayList<>();
        try {
            for (int i = 0; i < 12; i++) {
                RawHttp http = new RawHttp(SERVER);
                open.add(http);
                http.write(HEAD + "Content-Length: " + (body.length + 2) + "\r\n\r\n")
                        .write(body);
            }
            // Eleven fit; the twelfth is refused while the others are still being sent.
            Answer refused = firstAnswer(open);
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.error().path("code").asText()).isEqualTo("out_of_memory");
            assertThat(refused.header("Retry-After")).isEqualTo("5");
        } finally {
            for (RawHttp http : open) {
                http.close();
            }
        }
        assertThat(RawHttp.postOnceThereIsRoom(SERVER, GENERATE, body).status()).isEqualTo(400);
    }

    private static Answer firstAnswer(List<RawHttp> open) throws Exception {
        while (true) {
            for (RawHttp http : open) {
                if (http.socket().getInputStream().available() > 0) {
                    return http.read();
                }
            }
            Thread.sleep(5);
        }
    }
}
