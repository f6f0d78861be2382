package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.unipic.server.page.StaticFiles;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the page's files are served, without a browser. */
class StaticFilesTest {
    private static final TestServer SERVER = TestServer.start(options -> options.apiKey("secret")
            .note("A note.")
            .examples(() -> List.of("a prompt"), () -> List.of("an edit"), () -> List.of("a question?")));

    @AfterAll
    static void close() {
        SERVER.close();
    }

    private static HttpResponse<String> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(SERVER.uri(path));
        return SERVER.send(headers.length > 0 ? request.headers(headers) : request);
    }

    @Test
    void thePageNeedsNoKeyAndMayDoLittle() throws Exception {
        HttpResponse<String> page = get("/");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).startsWith("<!doctype html>");
        assertThat(page.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
        assertThat(page.headers().firstValue("Cache-Control")).hasValue("no-cache");
        assertThat(page.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(page.headers().firstValue("Referrer-Policy")).hasValue("no-referrer");
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'")
                .doesNotContain("unsafe", "http");
    }

    @Test
    void aKnownFileIsNotSentAgain() throws Exception {
        HttpResponse<String> first = get("/page/main.js");
        String tag = first.headers().firstValue("ETag").orElseThrow();
        for (String known : List.of(tag, "W/" + tag, "\"other\", " + tag, "*")) {
            HttpResponse<String> second = get("/page/main.js", "If-None-Match", known);
            assertThat(second.statusCode()).as(known).isEqualTo(304);
            assertThat(second.body()).isEmpty();
            assertThat(second.headers().firstValue("ETag")).hasValue(tag);
        }
        assertThat(get("/page/main.js", "If-None-Match", "\"other\"").body()).isEqualTo(first.body());
    }

    /** Nothing is forgotten in the list of files, and nothing else is served. */
    @Test
    void eachFileOfTheFolderIsServed() throws Exception {
        Path folder =
                Path.of(StaticFiles.class.getResource("index.html").toURI()).getParent();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(".class")) {
                    assertThat(get("/page/" + name).statusCode()).as(name).isEqualTo(404);
                } else if (!name.equals("index.html")) {
                    assertThat(get("/page/" + name).body()).as(name).isEqualTo(Files.readString(file));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/page/",
                "/page",
                "/page/StaticFiles.class",
                "/page/../page/StaticFiles.class",
                "/page/../../UniPicServer.class",
                "/page/..%2f..%2fUniPicServer.class",
                "/page/%2e%2e/%2e%2e/UniPicServer.class",
                "/page/..\\..\\UniPicServer.class",
                "/page/..;/..;/UniPicServer.class",
                "//etc/passwd",
                "/page//etc/passwd",
                "/page/main.js/../../../../../etc/passwd",
                "/page/main.js%00.css",
                "/etc/passwd",
            })
    void noPathReachesAnythingElse(String path) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", SERVER.uri("/").getPort())) {
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            assertThat(answer).matches("(?s)HTTP/1.1 40[04] .*").doesNotContain("root:", "\u00CA\u00FE\u00BA\u00BE");
        }
    }

    @Test
    void theModelIsDescribedToThoseWithTheKey() throws Exception {
        assertThat(get("/info").statusCode()).isEqualTo(401);
        JsonNode info = TestServer.json(get("/info", "Authorization", "Bearer secret"));
        assertThat(info.get("status").asText()).isEqualTo("ready");
        assertThat(info.at("/model/name").asText())
                .isEqualTo(SERVER.unipic().info().name());
        assertThat(info.at("/model/default_width").asInt())
                .isEqualTo(SERVER.unipic().info().defaultWidth());
        assertThat(info.at("/model/size_multiple").asInt())
                .isEqualTo(SERVER.unipic().info().sizeMultiple());
        assertThat(info.at("/model/tasks")).extracting(JsonNode::asText).contains("generate", "inpaint");
        assertThat(info.get("note").asText()).isEqualTo("A note.");
        assertThat(info.at("/examples/prompts/0").asText()).isEqualTo("a prompt");
        assertThat(info.at("/examples/edits/0").asText()).isEqualTo("an edit");
        assertThat(info.at("/examples/questions/0").asText()).isEqualTo("a question?");
    }
}
