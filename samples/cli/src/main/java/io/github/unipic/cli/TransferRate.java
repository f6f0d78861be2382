package io.github.unipic.cli;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** How fast bytes arrived in the last seconds, and when the rest will be there at that rate. */
final class TransferRate {
    private static final long WINDOW_NANOS = Duration.ofSeconds(10).toNanos();
    private static final long LEAST_NANOS = Duration.ofSeconds(1).toNanos();

    private record Sample(long nanos, long bytes) {}

    private final Deque<Sample> samples = new ArrayDeque<>();

    /** @param bytes so far; fewer than before if some had to be dropped */
    void add(long nanos, long bytes) {
        if (!samples.isEmpty() && bytes < samples.getLast().bytes()) {
            samples.clear();
        }
        samples.add(new Sample(nanos, bytes));
        while (nanos - samples.getFirst().nanos() > WINDOW_NANOS) {
            samples.removeFirst();
        }
    }

    /** Bytes per second; empty until enough bytes have arrived. */
    Optional<Double> perSecond() {
        if (samples.isEmpty()) {
            return Optional.empty();
        }
        long nanos = samples.getLast().nanos() - samples.getFirst().nanos();
        return nanos < LEAST_NANOS
                ? Optional.empty()
                : Optional.of((samples.getLast().bytes() - samples.getFirst().bytes()) * 1e9 / nanos);
    }

    Optional<Duration> timeFor(long bytes) {
        return perSecond().filter(rate -> rate > 0).map(rate -> Duration.ofMillis((long) (bytes * 1e3 / rate)));
    }
}
