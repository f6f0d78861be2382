package io.github.unipic.export.hub;

import java.util.concurrent.atomic.AtomicLong;

/** Counts for all files together. Thread-safe. */
final class Meter {
    private final AtomicLong there = new AtomicLong();
    private final AtomicLong total = new AtomicLong();
    private final AtomicLong received = new AtomicLong();

    void moved(long bytes) {
        there.addAndGet(bytes);
    }

    void received(long bytes) {
        received.addAndGet(bytes);
    }

    void expect(long bytes) {
        total.addAndGet(bytes);
    }

    long there() {
        return there.get();
    }

    long total() {
        return total.get();
    }

    long received() {
        return received.get();
    }
}
