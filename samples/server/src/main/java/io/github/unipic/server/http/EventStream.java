package io.github.unipic.server.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * An answer of server-sent events (WHATWG HTML, section 9.2), each sent at once. A client that reads slowly does not
 * hold up the sender; when it is gone, the exchange is cancelled and events are dropped.
 */
public final class EventStream {
    /** What a client may have left unread and still get what it can do without. */
    private static final long BEHIND = 16L << 20;

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
        exchange.add(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Sends what clients ignore, so that nobody between takes the connection for dead. */
    public void comment(String text) {
        exchange.add((": " + text + "\n\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Whether the client reads so slowly that what it can do without is better left out. */
    public boolean isBehind() {
        return exchange.pending() > BEHIND;
    }

    /**
     * Waits until the client has taken all events.
     *
     * @throws IOException when it is gone, or too slow
     */
    public void flush() throws IOException {
        exchange.flush();
    }

    private void write(String head, Object json) {
        byte[] data = Json.write(json);
        byte[] start = (head + "data: ").getBytes(StandardCharsets.UTF_8);
        byte[] event = new byte[start.length + data.length + 2];
        System.arraycopy(start, 0, event, 0, start.length);
        System.arraycopy(data, 0, event, start.length, data.length);
        event[event.length - 2] = '\n';
        event[event.length - 1] = '\n';
        exchange.add(event);
    }
}
