package io.github.unipic.server.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** An answer of server-sent events (WHATWG HTML, section 9.2), each written at once. */
public final class EventStream {
    private final Exchange exchange;

    EventStream(Exchange exchange) {
        this.exchange = exchange;
    }

    /** Sends an event with a name. */
    public void send(String event, Object json) {
        write("event: " + event + "\n", json);
    }

    /** Sends an event without a name. */
    public void send(Object json) {
        write("", json);
    }

    /** Sends data that is no JSON. */
    public void sendText(String data) {
        write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Sends what clients ignore, so that nobody between takes the connection for dead. */
    public void comment(String text) {
        write((": " + text + "\n\n").getBytes(StandardCharsets.UTF_8));
    }

    private void write(String head, Object json) {
        byte[] data = Json.write(json);
        byte[] start = (head + "data: ").getBytes(StandardCharsets.UTF_8);
        byte[] event = new byte[start.length + data.length + 2];
        System.arraycopy(start, 0, event, 0, start.length);
        System.arraycopy(data, 0, event, start.length, data.length);
        event[event.length - 2] = '\n';
        event[event.length - 1] = '\n';
        write(event);
    }

    private void write(byte[] bytes) {
        try {
            exchange.write(bytes, false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
