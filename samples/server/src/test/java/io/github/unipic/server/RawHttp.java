package io.github.unipic.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** HTTP/1.1 byte by byte, for requests that no proper client sends. */
final class RawHttp implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 120_000;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Socket socket;

    RawHttp(TestServer server) throws IOException {
        socket = new Socket("127.0.0.1", server.uri("/").getPort());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
    }

    /** An answer. */
    record Answer(int status, List<String> headers, String body) {
        /** The first header of a name; empty for none. */
        String header(String name) {
            String start = name.toLowerCase(Locale.ROOT) + ":";
            return headers.stream()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(start))
                    .map(line -> line.substring(start.length()).strip())
                    .findFirst()
                    .orElse("");
        }

        JsonNode json() throws IOException {
            return MAPPER.readTree(body);
        }

        JsonNode error() throws IOException {
            return json().path("error");
        }
    }

    /** One request on a connection of its own. */
    static Answer send(TestServer server, byte[] request) throws IOException {
        try (RawHttp http = new RawHttp(server)) {
            http.write(request);
            return http.read();
        }
    }

    static Answer send(TestServer server, String request) throws IOException {
        return send(server, request.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A GET with further header lines, each ended by CR LF. */
    static Answer get(TestServer server, String target, String... headers) throws IOException {
        return send(server, "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + lines(headers) + "\r\n");
    }

    /** A POST with a whole body. */
    static Answer post(TestServer server, String target, String type, byte[] body, String... headers)
            throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(("POST " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: " + type
                        + "\r\nContent-Length: " + body.length + "\r\n" + lines(headers) + "\r\n")
                .getBytes(StandardCharsets.ISO_8859_1));
        bytes.writeBytes(body);
        return send(server, bytes.toByteArray());
    }

    /**
     * A POST for which there must be room soon. A server gives back what a request held after it has sent the answer,
     * or has noticed that the client is gone; until then it answers 503. A test's own time limit ends it.
     */
    static Answer postOnceThereIsRoom(TestServer server, String target, byte[] json)
            throws IOException, InterruptedException {
        Answer answer = post(server, target, "application/json", json);
        while (answer.status() == 503) {
            Thread.sleep(20);
            answer = post(server, target, "application/json", json);
        }
        return answer;
    }

    static Answer postJson(TestServer server, String target, String json, String... headers) throws IOException {
        return post(server, target, "application/json", json.getBytes(StandardCharsets.UTF_8), headers);
    }

    private static String lines(String... headers) {
        StringBuilder lines = new StringBuilder();
        for (String header : headers) {
            lines.append(header).append("\r\n");
        }
        return lines.toString();
    }

    RawHttp write(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    RawHttp write(String text) throws IOException {
        return write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    Socket socket() {
        return socket;
    }

    /** Reads one answer, whole. */
    Answer read() throws IOException {
        String head = head();
        List<String> lines = head.lines().toList();
        if (lines.isEmpty()) {
            throw new IOException("closed without an answer");
        }
        Answer answer = new Answer(Integer.parseInt(lines.get(0).split(" ")[1]), lines.subList(1, lines.size()), "");
        byte[] body;
        if (answer.header("Transfer-Encoding").equals("chunked")) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (int size = chunkSize(); size > 0; size = chunkSize()) {
                all.writeBytes(socket.getInputStream().readNBytes(size));
                line();
            }
            line();
            body = all.toByteArray();
        } else if (answer.header("Content-Length").isEmpty()) {
            body = socket.getInputStream().readAllBytes();
        } else {
            body = socket.getInputStream().readNBytes(Integer.parseInt(answer.header("Content-Length")));
        }
        return new Answer(answer.status(), answer.headers(), new String(body, StandardCharsets.UTF_8));
    }

    private int chunkSize() throws IOException {
        return Integer.parseInt(line(), 16);
    }

    private String head() throws IOException {
        StringBuilder head = new StringBuilder();
        for (String line = line(); !line.isEmpty(); line = line()) {
            head.append(line).append('\n');
        }
        return head.toString();
    }

    private String line() throws IOException {
        InputStream stream = socket.getInputStream();
        StringBuilder line = new StringBuilder();
        for (int next = stream.read(); next >= 0 && next != '\n'; next = stream.read()) {
            line.append((char) next);
        }
        return line.toString().strip();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
