package io.github.unipic.conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Compares what the graphs give with one golden file's tensors, and tells each result as it comes. */
final class Comparer {
    /** Rounding may tip a value over the edge between two levels: one level, in one value of a thousand. */
    private static final double LEVEL_LIMIT = 1;

    private static final double LEVEL_SHARE_LIMIT = 1e-3;

    /** JPEG decoders round differently: levels on average. */
    private static final double JPEG_LIMIT = 2;

    private final GoldenFile golden;
    private final Consumer<Comparison> onResult;
    private final List<Comparison> results = new ArrayList<>();

    Comparer(GoldenFile golden, Consumer<Comparison> onResult) {
        this.golden = golden;
        this.onResult = onResult;
    }

    GoldenFile golden() {
        return golden;
    }

    List<Comparison> results() {
        return List.copyOf(results);
    }

    /** Floats, by the L2 norm of the difference over that of the reference. */
    void floats(String key, float[] actual, double limit) {
        floats(key, actual, golden.floats(key), limit);
    }

    void floats(String key, float[] actual, float[] expected, double limit) {
        requireLength(key, actual.length, expected.length);
        double difference = 0;
        double reference = 0;
        for (int i = 0; i < expected.length; i++) {
            double delta = (double) actual[i] - expected[i];
            difference += delta * delta;
            reference += (double) expected[i] * expected[i];
        }
        double error = difference == 0 ? 0 : Math.sqrt(difference / reference);
        add(key, "relative L2", error, limit);
    }

    /** Integers, which must be the same. */
    void exact(String key, long[] actual) {
        long[] expected = golden.longs(key);
        if (actual.length != expected.length) {
            add(key, "differing values", Math.max(actual.length, expected.length), 0);
            return;
        }
        int differing = 0;
        for (int i = 0; i < expected.length; i++) {
            differing += actual[i] == expected[i] ? 0 : 1;
        }
        add(key, "differing values", differing, 0);
    }

    /** A drawn 8-bit picture. */
    void levels(String key, byte[] actual) {
        int[] differences = differences(key, actual);
        double largest = IntStream.of(differences).max().orElse(0);
        add(key, "largest difference", largest, LEVEL_LIMIT);
        add(key, "share of differing values", differing(differences) / (double) differences.length, LEVEL_SHARE_LIMIT);
    }

    /** An 8-bit picture that must be the same to the byte. */
    void sameLevels(String key, byte[] actual) {
        add(key, "differing values", differing(differences(key, actual)), 0);
    }

    /** An 8-bit picture from a JPEG, whose decoders differ. */
    void meanDifference(String key, byte[] actual) {
        double mean = IntStream.of(differences(key, actual)).average().orElse(0);
        add(key, "mean difference", mean, JPEG_LIMIT);
    }

    private int[] differences(String key, byte[] actual) {
        byte[] expected = golden.bytes(key);
        requireLength(key, actual.length, expected.length);
        int[] differences = new int[expected.length];
        Arrays.setAll(differences, i -> Math.abs((actual[i] & 0xff) - (expected[i] & 0xff)));
        return differences;
    }

    private static long differing(int[] differences) {
        return IntStream.of(differences).filter(difference -> difference != 0).count();
    }

    private void add(String key, String metric, double value, double limit) {
        Comparison comparison = new Comparison(golden.name(), key, metric, value, limit);
        results.add(comparison);
        onResult.accept(comparison);
    }

    private void requireLength(String key, int actual, int expected) {
        if (actual != expected) {
            throw new ConformanceException("Golden file " + golden.name() + " has " + expected + " values in " + key
                    + ", the model gives " + actual + ": checkpoint and golden files are not of the same model.");
        }
    }
}
