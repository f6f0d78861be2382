package io.github.unipic.server.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;

/**
 * Notices that a client goes away while its request is worked on. Over HTTP/1.1 a server usually does not read from the
 * connection in this time, so the end of the stream would not be seen. This reads: the end means that the client is
 * gone, bytes are an early next request and go to the connection. Over HTTP/2 the stream itself reports it.
 */
final class ClientWatch implements Callback {
    private static final int BUFFER = 4096;

    private final Connection connection;
    /** Empty over HTTP/2. */
    private final Optional<AbstractEndPoint> endPoint;

    private final Runnable gone;
    private boolean closed;

    private ClientWatch(Connection connection, Optional<AbstractEndPoint> endPoint, Runnable gone) {
        this.connection = connection;
        this.endPoint = endPoint;
        this.gone = gone;
    }

    /**
     * Starts to watch a request whose body was read whole.
     *
     * @param gone runs at most a few times, on a thread of the server
     */
    static ClientWatch start(Request request, Runnable gone) {
        request.addFailureListener(failure -> gone.run());
        Connection connection = request.getConnectionMetaData().getConnection();
        boolean stream = request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_2;
        Optional<AbstractEndPoint> endPoint = stream
                ? Optional.empty()
                : Optional.of(connection.getEndPoint())
                        .filter(AbstractEndPoint.class::isInstance)
                        .map(AbstractEndPoint.class::cast);
        ClientWatch watch = new ClientWatch(connection, endPoint, gone);
        watch.listen();
        return watch;
    }

    private void listen() {
        endPoint.ifPresent(open -> open.tryFillInterested(this));
    }

    @Override
    public void succeeded() {
        boolean ended = false;
        synchronized (this) {
            if (closed) {
                return;
            }
            try {
                ended = !read();
            } catch (IOException | RuntimeException e) {
                ended = true;
            }
        }
        if (ended) {
            gone.run();
        }
    }

    /** Gives whether the client is still there. */
    private boolean read() throws IOException {
        ByteBuffer buffer = BufferUtil.allocate(BUFFER);
        int filled = endPoint.orElseThrow().fill(buffer);
        if (filled > 0 && connection instanceof Connection.UpgradeTo next) {
            // A client that sends its next request early stays: this one's answer is awaited.
            next.onUpgradeTo(buffer);
            return true;
        }
        if (filled == 0) {
            listen();
        }
        return filled >= 0;
    }

    @Override
    public void failed(Throwable failure) {
        synchronized (this) {
            if (closed) {
                return;
            }
        }
        gone.run();
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.BLOCKING;
    }

    /**
     * Ends the watch. To be called before the answer's last byte is written, because then the connection itself reads.
     */
    void end() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        endPoint.ifPresent(open -> open.getFillInterest().onFail(new IOException("no longer watched")));
    }
}
