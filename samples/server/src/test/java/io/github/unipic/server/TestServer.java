package io.github.unipic.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.unipic.UniPic;
import io.github.unipic.testing.SmallModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A server with the small model, and a client for it. */
final class TestServer implements AutoCloseable {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static TestServer shared;

    private final HttpClient client = HttpClient.newHttpClient();
    private final UniPic unipic;
    private final UniPicServer server;

    private TestServer(UnaryOperator<UniPicServer.Builder> options) {
        unipic = UniPic.builder(SmallModel.folder()).threads(1).load();
        server = options.apply(UniPicServer.builder(() -> unipic).port(0)).start();
        server.awaitModel();
    }

    private TestServer(UniPicServer server, UniPic unipic) {
        this.server = server;
        this.unipic = unipic;
    }

    /** A client for a server whose model is not loaded. */
    static TestServer of(UniPicServer server) {
        return new TestServer(server, null);
    }

    /** One for all tests of this process that leave it as it is. */
    static synchronized TestServer shared() {
        if (shared == null) {
            shared = new TestServer(options -> options);
            Runtime.getRuntime().addShutdownHook(new Thread(shared::close));
        }
        return shared;
    }

    /** One of its own. */
    static TestServer start(UnaryOperator<UniPicServer.Builder> options) {
        return new TestServer(options);
    }

    /** An event of a stream. */
    record Event(String name, JsonNode data) {}

    UniPic unipic() {
        return unipic;
    }

    /** How the names of its threads begin. */
    String threadName() {
        return "unipic-http-" + server.uri().getPort();
    }

    URI uri(String path) {
        return server.uri().resolve(path);
    }

    HttpResponse<String> post(String path, String json) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json)));
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    byte[] get(String uri) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(URI.create(uri)).build(), BodyHandlers.ofByteArray())
                .body();
    }

    String text(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path))).body();
    }

    /** Waits until what is at a path has a text. A test's own time limit ends it. */
    void awaitText(String path, String wanted) throws IOException, InterruptedException {
        while (!text(path).contains(wanted)) {
            Thread.sleep(5);
        }
    }

    JsonNode node(String path) throws IOException, InterruptedException {
        return MAPPER.readTree(text(path));
    }

    HttpResponse<String> post(String path, Form form) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path))
                .header("Content-Type", "multipart/form-data; boundary=" + Form.BOUNDARY)
                .POST(BodyPublishers.ofByteArray(form.end())));
    }

    /** A form with some texts. */
    static Form form(Map<String, String> texts) {
        Form form = new Form();
        texts.forEach(form::text);
        return form;
    }

    /** A form as it is sent. */
    static final class Form {
        private static final String BOUNDARY = "unipic-boundary";
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        Form text(String name, String text) {
            return part("name=\"" + name + "\"\r\n", text.getBytes(StandardCharsets.UTF_8));
        }

        Form file(String name, byte[] file) {
            return part(
                    "name=\"" + name + "\"; filename=\"a.png\"\r\nContent-Type: application/octet-stream\r\n", file);
        }

        Form fileWithoutName(String name, byte[] file) {
            return part("name=\"" + name + "\"\r\nContent-Type: application/octet-stream\r\n", file);
        }

        private Form part(String head, byte[] content) {
            bytes.writeBytes(("--" + BOUNDARY + "\r\nContent-Disposition: form-data; " + head + "\r\n")
                    .getBytes(StandardCharsets.UTF_8));
            bytes.writeBytes(content);
            bytes.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
            return this;
        }

        private byte[] end() {
            bytes.writeBytes(("--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.UTF_8));
            return bytes.toByteArray();
        }
    }

    /** Posts, and reads the stream of events to its end. */
    List<Event> events(String path, String json) throws IOException, InterruptedException {
        return events(post(path, json));
    }

    static List<Event> events(HttpResponse<String> answer) throws IOException {
        List<Event> events = new ArrayList<>();
        String name = "";
        for (String line : answer.body().split("\n")) {
            if (line.startsWith("event: ")) {
                name = line.substring(7);
            } else if (line.startsWith("data: {")) {
                events.add(new Event(name, MAPPER.readTree(line.substring(6))));
                name = "";
            }
        }
        return events;
    }

    static JsonNode json(HttpResponse<String> answer) throws IOException {
        return MAPPER.readTree(answer.body());
    }

    /** A text as JSON. */
    static String quoted(String text) throws IOException {
        return MAPPER.writeValueAsString(text);
    }

    @Override
    public void close() {
        server.close();
    }
}
