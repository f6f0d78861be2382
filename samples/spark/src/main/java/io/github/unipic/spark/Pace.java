package io.github.unipic.spark;

import java.util.function.LongSupplier;

/** Does something now and then: at first at once, and so seldom that it takes a small part of all time. */
final class Pace {
    /** Of the time that it took, before the next time. */
    private static final int PAUSES = 20;

    private final long pause;
    private final LongSupplier clock;
    private long next;

    /**
     * Sets the pace.
     *
     * @param pause in nanoseconds, at least
     * @param clock as {@link System#nanoTime}
     */
    Pace(long pause, LongSupplier clock) {
        this.pause = pause;
        this.clock = clock;
        this.next = clock.getAsLong();
    }

    /** Does it if it is time. */
    void run(Runnable work) {
        long start = clock.getAsLong();
        if (start - next < 0) {
            return;
        }
        work.run();
        long end = clock.getAsLong();
        next = end + Math.max(pause, PAUSES * (end - start));
    }
}
