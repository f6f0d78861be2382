package io.github.unipic.server.http;

import java.util.concurrent.atomic.AtomicLong;

/** Bounds what requests hold in memory at once, over all requests: bodies and decoded images. Thread-safe. */
final class MemoryBudget {
    private static final int RETRY_SECONDS = 5;

    private final long limit;
    private final AtomicLong held = new AtomicLong();

    /** @param limit bytes */
    MemoryBudget(long limit) {
        this.limit = limit;
    }

    /** One request's share. Belongs to the request's thread. */
    final class Share {
        private long bytes;

        /** @throws HttpError when the request alone takes too much, or all together do now */
        void acquire(long more) {
            if (bytes + more > limit) {
                throw HttpError.refused(
                        413,
                        "request_too_large",
                        "the request's images take more than " + limit
                                + " bytes of memory; send fewer or smaller ones");
            }
            if (held.addAndGet(more) > limit) {
                held.addAndGet(-more);
                throw HttpError.unavailable(
                        "out_of_memory",
                        RETRY_SECONDS,
                        "the server holds too many large requests now; try again later");
            }
            bytes += more;
        }

        void release() {
            held.addAndGet(-bytes);
            bytes = 0;
        }
    }

    long held() {
        return held.get();
    }
}
