package io.github.unipic.server.http;

import java.util.concurrent.atomic.AtomicLong;

/** Bounds the bytes of request bodies that are in memory at once, over all requests. */
final class BodyBudget {
    private final long limit;
    private final AtomicLong held = new AtomicLong();

    BodyBudget(long limit) {
        this.limit = limit;
    }

    /** @throws HttpError when too much is in memory already */
    void acquire(long bytes) {
        if (held.addAndGet(bytes) > limit) {
            held.addAndGet(-bytes);
            throw HttpError.unavailable(
                    "out_of_memory", 5, "the server holds too many large requests now; try again later");
        }
    }

    void release(long bytes) {
        held.addAndGet(-bytes);
    }

    long held() {
        return held.get();
    }
}
