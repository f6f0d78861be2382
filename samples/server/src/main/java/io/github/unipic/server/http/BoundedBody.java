package io.github.unipic.server.http;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpException;

/**
 * A request's body. Counts the bytes that come, whatever the headers say, and the time that they take. What goes wrong
 * is an {@link HttpError}, so that a client that is still there is told.
 */
final class BoundedBody extends FilterInputStream {
    private static final int DISCARDED_AT_ONCE = 64 << 10;

    private final MemoryBudget.Share memory;
    private final Limits limits;
    private final Instant deadline;
    private long bytes;
    private volatile boolean reading;

    BoundedBody(InputStream stream, MemoryBudget.Share memory, Limits limits) {
        super(stream);
        this.memory = memory;
        this.limits = limits;
        deadline = Instant.now().plus(limits.upload());
    }

    /**
     * Reads what is left and discards it, for no longer than a body may take to arrive. A connection that is closed
     * with unread bytes is reset, and a client that still sends would see that instead of its answer.
     */
    void discard() {
        byte[] buffer = new byte[DISCARDED_AT_ONCE];
        reading = true;
        try {
            while (Instant.now().isBefore(deadline) && in.read(buffer) >= 0) {
                // Nobody wants it.
            }
        } catch (IOException | RuntimeException e) {
            // The client has stalled or is gone. It was answered.
        } finally {
            reading = false;
        }
    }

    /** Whether someone waits for bytes now. */
    boolean isReading() {
        return reading;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
        int read = fill(buffer, offset, length);
        if (read > 0) {
            if (bytes + read > limits.body()) {
                throw tooLarge(limits.body());
            }
            memory.acquire(read);
            bytes += read;
            if (Instant.now().isAfter(deadline)) {
                throw late("the body took over " + limits.upload().toSeconds() + " s to arrive");
            }
        }
        return read;
    }

    private int fill(byte[] buffer, int offset, int length) {
        reading = true;
        try {
            return super.read(buffer, offset, length);
        } catch (IOException | RuntimeException e) {
            if (causedBy(e, TimeoutException.class)) {
                throw late("nothing of the body came for " + limits.stalled().toSeconds() + " s");
            }
            String reason = causedBy(e, HttpException.class) ? "its chunks are malformed" : "it ended early";
            throw HttpError.refused(400, "incomplete_body", "the body cannot be read: " + reason);
        } finally {
            reading = false;
        }
    }

    private static boolean causedBy(Throwable failure, Class<?> type) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }

    private static HttpError late(String message) {
        return HttpError.refused(408, "timeout", message);
    }

    static HttpError tooLarge(long limit) {
        return HttpError.refused(413, "body_too_large", "the body has more than " + limit + " bytes");
    }
}
