package io.github.unipic.conformance.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The bandwidth of the machine's memory, measured in Java: the best of several rounds over arrays larger than its
 * caches.
 *
 * @param readBytesPerSecond when summing values: the limit for code that reads all weights once
 * @param triadBytesPerSecond of a[i] = b[i] + s c[i], three values counted, as STREAM does (McCalpin, 1995)
 * @param threads that took part
 */
public record MemoryBandwidth(double readBytesPerSecond, double triadBytesPerSecond, int threads) {
    private static final int BYTES = 192 << 20;
    private static final int ROUNDS = 12;

    private static final Map<Integer, MemoryBandwidth> MEASURED = new ConcurrentHashMap<>();

    /** Of this machine; measured once in a process, as it does not change. */
    static MemoryBandwidth of(int threads) {
        return MEASURED.computeIfAbsent(threads, MemoryBandwidth::measure);
    }

    private static MemoryBandwidth measure(int threads) {
        ExecutorService workers = Executors.newFixedThreadPool(threads);
        try {
            List<Callable<Double>> readers = new ArrayList<>();
            List<Callable<Double>> triads = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                Slice slice = new Slice(BYTES / threads / 3 / Float.BYTES);
                readers.add(slice::read);
                triads.add(slice::triad);
            }
            return new MemoryBandwidth(best(workers, readers), best(workers, triads), threads);
        } finally {
            workers.shutdown();
        }
    }

    private static double best(ExecutorService workers, List<Callable<Double>> tasks) {
        double best = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            double used = 0;
            try {
                for (Future<Double> done : workers.invokeAll(tasks)) {
                    used += done.get();
                }
            } catch (ExecutionException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            // The sum is used, so that the compiler does not remove the work.
            best = Math.max(best, Double.isNaN(used) ? 0 : BYTES / seconds);
        }
        return best;
    }

    /** One thread's part of the arrays. */
    private static final class Slice {
        private final int[] a;
        private final int[] b;
        private final int[] c;

        Slice(int length) {
            a = new int[length];
            b = new int[length];
            c = new int[length];
            for (int i = 0; i < length; i++) {
                a[i] = i;
                b[i] = 2 * i;
                c[i] = 3 * i;
            }
        }

        /** Sums integers, which Java may do in any order and so vectorize. */
        private double read() {
            return sum(a) + sum(b) + sum(c);
        }

        private static int sum(int[] values) {
            int sum = 0;
            for (int i = 0; i < values.length; i++) {
                sum += values[i];
            }
            return sum;
        }

        private double triad() {
            for (int i = 0; i < a.length; i++) {
                a[i] = b[i] + 3 * c[i];
            }
            return a[a.length / 2];
        }
    }
}
