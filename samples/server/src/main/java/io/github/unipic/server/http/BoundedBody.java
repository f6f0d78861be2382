package io.github.unipic.server.http;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;

/** A request's body. Counts the bytes that come, whatever the headers say, and the time that they take. */
final class BoundedBody extends FilterInputStream {
    private final BodyBudget budget;
    private final Limits limits;
    private final Instant deadline;
    private long bytes;

    BoundedBody(InputStream stream, BodyBudget budget, Limits limits) {
        super(stream);
        this.budget = budget;
        this.limits = limits;
        deadline = Instant.now().plus(limits.upload());
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int read = super.read(buffer, offset, length);
        if (read > 0) {
            if (bytes + read > limits.body()) {
                throw tooLarge(limits.body());
            }
            budget.acquire(read);
            bytes += read;
        }
        if (Instant.now().isAfter(deadline)) {
            throw HttpError.refused(
                    408, "timeout", "the body took over " + limits.upload().toSeconds() + " s to arrive");
        }
        return read;
    }

    static HttpError tooLarge(long limit) {
        return HttpError.refused(413, "body_too_large", "the body has more than " + limit + " bytes");
    }

    /** Gives the bytes back to the budget, once nothing of the body is in memory any more. */
    void release() {
        budget.release(bytes);
        bytes = 0;
    }
}
