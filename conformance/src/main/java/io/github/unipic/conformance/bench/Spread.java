package io.github.unipic.conformance.bench;

import java.util.List;

/**
 * Seconds of several repetitions.
 *
 * @param median the middle one; of an even number, the mean of the two in the middle
 */
public record Spread(double median, double min, double max) {
    static Spread of(List<Double> seconds) {
        double[] sorted =
                seconds.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int last = sorted.length - 1;
        return new Spread((sorted[last / 2] + sorted[(last + 1) / 2]) / 2, sorted[0], sorted[last]);
    }
}
