package io.github.unipic.server.http;

import java.net.SocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;

/**
 * Closes connections that bring no request for a while. The idle timeout alone does not: each byte sets it back, so a
 * client that sends its headers one byte after the other would keep its connection for hours. Thread-safe.
 */
final class RequestDeadline {
    private final Duration limit;
    private final Map<SocketAddress, Requests> clients = new HashMap<>();

    /** What a connection is busy with. */
    private static final class Requests {
        private int running;
        private long lastMillis;
    }

    /** @param limit how long a connection may be without a request */
    RequestDeadline(Duration limit) {
        this.limit = limit;
    }

    /** A request's headers have come whole. */
    synchronized void begin(SocketAddress client) {
        clients.computeIfAbsent(client, key -> new Requests()).running++;
    }

    /** A request was answered. */
    synchronized void end(SocketAddress client) {
        Requests requests = clients.get(client);
        if (requests != null) {
            requests.running--;
            requests.lastMillis = System.currentTimeMillis();
        }
    }

    /** Looks at a connector's connections from now on, until it stops. */
    void watch(Connector connector) {
        connector.getScheduler().schedule(() -> check(connector), period(), TimeUnit.MILLISECONDS);
    }

    private long period() {
        return Math.max(10, limit.toMillis() / 10);
    }

    private void check(Connector connector) {
        if (!connector.isRunning() && connector.getConnectedEndPoints().isEmpty()) {
            return;
        }
        long now = System.currentTimeMillis();
        Set<SocketAddress> connected = new HashSet<>();
        for (EndPoint endPoint : connector.getConnectedEndPoints()) {
            connected.add(endPoint.getRemoteSocketAddress());
            if (now - since(endPoint, now) > limit.toMillis()) {
                endPoint.close();
            }
        }
        synchronized (this) {
            // A request may begin before its connection is listed and end after it was closed.
            clients.entrySet()
                    .removeIf(client -> client.getValue().running == 0 && !connected.contains(client.getKey()));
        }
        watch(connector);
    }

    /** Since when it has no request. */
    private synchronized long since(EndPoint endPoint, long now) {
        Requests requests = clients.get(endPoint.getRemoteSocketAddress());
        if (requests == null) {
            return endPoint.getCreatedTimeStamp();
        }
        return requests.running > 0 ? now : Math.max(requests.lastMillis, endPoint.getCreatedTimeStamp());
    }
}
