package io.github.unipic.conformance.compare;

import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ErrorStatistics;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Compares tensors with their references and gives a check for each.
 *
 * @param area of the checks
 * @param subject of the checks
 * @param scenario of the checks
 * @param sink receives the checks
 */
public record Comparer(Area area, String subject, String scenario, Consumer<Check> sink) {

    /**
     * Compares floats by the L2 norm of the difference over that of the reference. A value that is not finite fails, on
     * either side.
     *
     * @return whether they could be compared, because their shapes are equal
     */
    public boolean floats(String tensor, Floats actual, Floats expected, double limit) {
        boolean comparable = sameShape(tensor, actual.shape(), expected.shape());
        if (comparable) {
            floats(tensor, actual.values(), expected.values(), limit);
        }
        return comparable;
    }

    /** As with shapes, for a reference of which only the number of values is known. */
    public void floats(String tensor, float[] actual, float[] expected, double limit) {
        if (!sameShape(tensor, new long[] {actual.length}, new long[] {expected.length})) {
            return;
        }
        ErrorStatistics errors = Statistics.of(actual, expected);
        boolean finite = errors.nans() == 0 && errors.infinities() == 0;
        double error = finite ? errors.relativeL2() : Double.NaN;
        add(tensor, "relative L2", error, limit, Optional.of(errors), Optional.empty());
    }

    /** Floats that must have the same bits. */
    public void same(String tensor, Floats actual, Floats expected) {
        if (sameShape(tensor, actual.shape(), expected.shape())) {
            differing(
                    tensor,
                    IntStream.range(0, actual.values().length)
                            .filter(i -> Float.floatToRawIntBits(actual.values()[i])
                                    != Float.floatToRawIntBits(expected.values()[i]))
                            .count());
        }
    }

    /** Integers, which must be equal. */
    public void exact(String tensor, long[] actual, long[] expected) {
        differing(
                tensor,
                actual.length != expected.length
                        ? Math.max(actual.length, expected.length)
                        : IntStream.range(0, actual.length)
                                .filter(i -> actual[i] != expected[i])
                                .count());
    }

    /** An 8-bit image that must have the same bytes. */
    public void samePixels(String tensor, byte[] actual, byte[] expected) {
        if (sameLength(tensor, actual, expected)) {
            differing(tensor, differing(differences(actual, expected)));
        }
    }

    /**
     * A generated 8-bit image.
     *
     * @param largest difference of a pixel value that passes, 0 to 255
     * @param share of values that may differ; if all may, the share is only reported
     */
    public void generated(String tensor, byte[] actual, byte[] expected, double largest, double share) {
        if (!sameLength(tensor, actual, expected)) {
            return;
        }
        int[] differences = differences(actual, expected);
        double differing = differing(differences) / (double) differences.length;
        boolean judged = share < 1;
        measured(
                tensor,
                "largest difference",
                IntStream.of(differences).max().orElse(0),
                largest,
                judged
                        ? Optional.empty()
                        : Optional.of(String.format(Locale.ROOT, "%.3g of the values differ", differing)));
        if (judged) {
            add(tensor, "share of differing values", differing, share);
        }
    }

    /** An 8-bit image from a JPEG, whose decoders differ. */
    public void meanDifference(String tensor, byte[] actual, byte[] expected, double limit) {
        if (sameLength(tensor, actual, expected)) {
            add(
                    tensor,
                    "mean difference",
                    IntStream.of(differences(actual, expected)).average().orElse(0),
                    limit);
        }
    }

    /** A value of another metric. */
    public void measured(String tensor, String metric, double value, double limit, Optional<String> note) {
        add(tensor, metric, value, limit, Optional.empty(), note);
    }

    /** Adds a check that fails because the reference has no values for it. */
    public void cannotJudge(String tensor, String reason) {
        fail(tensor, "in the reference", reason);
    }

    private void differing(String tensor, long count) {
        add(tensor, "differing values", count, 0);
    }

    private static long differing(int[] differences) {
        return IntStream.of(differences).filter(difference -> difference != 0).count();
    }

    private static int[] differences(byte[] actual, byte[] expected) {
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

    private boolean sameLength(String tensor, byte[] actual, byte[] expected) {
        return sameShape(tensor, new long[] {actual.length}, new long[] {expected.length});
    }

    /** Adds a failing check if the shapes differ. */
    private boolean sameShape(String tensor, long[] actual, long[] expected) {
        boolean same = Arrays.equals(actual, expected);
        if (!same) {
            fail(
                    tensor,
                    "shape",
                    "the shape is " + Arrays.toString(actual) + ", not " + Arrays.toString(expected)
                            + ": this is another model than the reference's, or its result is wrong");
        }
        return same;
    }

    private void fail(String tensor, String metric, String reason) {
        sink.accept(Check.withoutValue(area, subject, scenario, tensor, metric, reason));
    }
}
