package io.github.unipic.conformance.compare;

import io.github.unipic.conformance.report.ErrorStatistics;
import java.util.ArrayList;
import java.util.List;

/** Computes the differences between a tensor and its reference. */
final class Statistics {
    private Statistics() {}

    static ErrorStatistics of(float[] actual, float[] expected) {
        double difference = 0;
        double reference = 0;
        double own = 0;
        double product = 0;
        double largest = 0;
        long nans = 0;
        long infinities = 0;
        for (int i = 0; i < expected.length; i++) {
            if (!comparable(actual[i], expected[i])) {
                boolean nan = Float.isNaN(actual[i]) || Float.isNaN(expected[i]);
                nans += nan ? 1 : 0;
                infinities += nan ? 0 : 1;
                continue;
            }
            double delta = (double) actual[i] - expected[i];
            difference += delta * delta;
            reference += (double) expected[i] * expected[i];
            own += (double) actual[i] * actual[i];
            product += (double) actual[i] * expected[i];
            largest = Math.max(largest, Math.abs(delta));
        }
        double rms = Math.sqrt(reference / Math.max(1, expected.length));
        return new ErrorStatistics(
                expected.length,
                difference == 0 ? 0 : Math.sqrt(difference / reference),
                difference == 0 ? 1 : product / Math.sqrt(reference * own),
                largest,
                rms,
                nans,
                infinities,
                histogram(actual, expected, rms));
    }

    /** All graphs give finite numbers, so even two infinities do not agree. */
    private static boolean comparable(float actual, float expected) {
        return Float.isFinite(actual) && Float.isFinite(expected);
    }

    private static List<Long> histogram(float[] actual, float[] expected, double rms) {
        long[] counts = new long[ErrorStatistics.DECADES];
        for (int i = 0; i < expected.length; i++) {
            if (comparable(actual[i], expected[i])) {
                counts[decade(Math.abs((double) actual[i] - expected[i]) / rms)]++;
            }
        }
        List<Long> list = new ArrayList<>();
        for (long count : counts) {
            list.add(count);
        }
        return list;
    }

    /** 0 below the first decade, then one more for each power of ten. */
    private static int decade(double error) {
        double power = Math.floor(Math.log10(error)) - ErrorStatistics.FIRST_DECADE + 1;
        // Neither 0 (minus infinity) nor 0/0 (not a number) is an error.
        return power > 0 ? (int) Math.min(power, ErrorStatistics.DECADES - 1) : 0;
    }
}
