package io.github.unipic.conformance.compare;

import io.github.unipic.conformance.ConformanceException;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ErrorStatistics;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Compares tensors with their references and hands over a check for each.
 *
 * @param area of the checks
 * @param subject of the checks
 * @param scenario of the checks
 * @param sink takes the checks
 */
public record Comparer(Area area, String subject, String scenario, Consumer<Check> sink) {

    /** Floats, by the L2 norm of the difference over that of the reference; a value that is not finite fails. */
    public void floats(String tensor, float[] actual, float[] expected, double limit) {
        requireLength(tensor, actual.length, expected.length);
        ErrorStatistics errors = Statistics.of(actual, expected);
        boolean finite = errors.nans() == 0 && errors.infinities() == 0;
        double error = finite ? errors.relativeL2() : Double.NaN;
        add(tensor, "relative L2", error, limit, Optional.of(errors), Optional.empty());
    }

    /** Floats that must be the same to the bit. */
    public void same(String tensor, float[] actual, float[] expected) {
        requireLength(tensor, actual.length, expected.length);
        long differing = IntStream.range(0, actual.length)
                .filter(i -> Float.floatToRawIntBits(actual[i]) != Float.floatToRawIntBits(expected[i]))
                .count();
        differing(tensor, differing);
    }

    /** Integers, which must be the same. */
    public void exact(String tensor, long[] actual, long[] expected) {
        differing(
                tensor,
                actual.length != expected.length
                        ? Math.max(actual.length, expected.length)
                        : IntStream.range(0, actual.length)
                                .filter(i -> actual[i] != expected[i])
                                .count());
    }

    /** An 8-bit picture that must be the same to the byte. */
    public void sameLevels(String tensor, byte[] actual, byte[] expected) {
        differing(tensor, differing(differences(tensor, actual, expected)));
    }

    /**
     * A drawn 8-bit picture.
     *
     * @param largest difference of a value that passes, in levels
     * @param share of values that may differ
     */
    public void levels(String tensor, byte[] actual, byte[] expected, double largest, double share) {
        int[] differences = differences(tensor, actual, expected);
        add(tensor, "largest difference", IntStream.of(differences).max().orElse(0), largest);
        add(tensor, "share of differing values", differing(differences) / (double) differences.length, share);
    }

    /** An 8-bit picture from a JPEG, whose decoders differ. */
    public void meanDifference(String tensor, byte[] actual, byte[] expected, double limit) {
        double mean =
                IntStream.of(differences(tensor, actual, expected)).average().orElse(0);
        add(tensor, "mean difference", mean, limit);
    }

    /** A number of another kind. */
    public void measured(String tensor, String metric, double value, double limit, Optional<String> note) {
        add(tensor, metric, value, limit, Optional.empty(), note);
    }

    private void differing(String tensor, long count) {
        add(tensor, "differing values", count, 0);
    }

    private static long differing(int[] differences) {
        return IntStream.of(differences).filter(difference -> difference != 0).count();
    }

    private int[] differences(String tensor, byte[] actual, byte[] expected) {
        requireLength(tensor, actual.length, expected.length);
        int[] differences = new int[expected.length];
        Arrays.setAll(differences, i -> Math.abs((actual[i] & 0xff) - (expected[i] & 0xff)));
        return differences;
    }

    private void add(String tensor, String metric, double value, double limit) {
        add(tensor, metric, value, limit, Optional.empty(), Optional.empty());
    }

    private void add(
            String tensor,
            String metric,
            double value,
            double limit,
            Optional<ErrorStatistics> errors,
            Optional<String> note) {
        sink.accept(new Check(area, subject, scenario, tensor, metric, value, limit, errors, note));
    }

    private void requireLength(String tensor, int actual, int expected) {
        if (actual != expected) {
            throw new ConformanceException("The reference has " + expected + " values in " + subject + "/" + scenario
                    + "/" + tensor + ", the model gives " + actual + ": they are not of the same model.");
        }
    }
}
