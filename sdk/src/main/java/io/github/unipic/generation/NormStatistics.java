package io.github.unipic.generation;

import java.util.Arrays;

/**
 * Mean and variance of each group of each group norm, over an image or a part of it.
 *
 * @param means one for each group of each norm
 * @param variances in the same order
 * @param positions number of values in each channel of the part, at least 1
 */
record NormStatistics(double[] means, double[] variances, long positions) {

    /** @param pairs the output of pixel_decoder_tile: mean, variance, mean, variance, ... */
    static NormStatistics of(float[] pairs, long positions) {
        double[] means = new double[pairs.length / 2];
        double[] variances = new double[pairs.length / 2];
        for (int i = 0; i < means.length; i++) {
            means[i] = pairs[2 * i];
            variances[i] = pairs[2 * i + 1];
        }
        return new NormStatistics(means, variances, positions);
    }

    /** The statistics in the order of {@link #of}. */
    float[] pairs() {
        float[] pairs = new float[2 * means.length];
        for (int i = 0; i < means.length; i++) {
            pairs[2 * i] = (float) means[i];
            pairs[2 * i + 1] = (float) variances[i];
        }
        return pairs;
    }

    /** The statistics of both parts (Chan, Golub, LeVeque 1979, "Updating Formulae and a Pairwise Algorithm"). */
    NormStatistics merge(NormStatistics other) {
        long all = positions + other.positions;
        double share = (double) other.positions / all;
        double[] mean = new double[means.length];
        double[] variance = new double[means.length];
        Arrays.setAll(mean, i -> means[i] + share * (other.means[i] - means[i]));
        Arrays.setAll(variance, i -> {
            double apart = other.means[i] - means[i];
            return (1 - share) * variances[i] + share * other.variances[i] + share * (1 - share) * apart * apart;
        });
        return new NormStatistics(mean, variance, all);
    }

    /** The largest change of a mean or a standard deviation from this to {@code next}, in standard deviations. */
    double change(NormStatistics next) {
        double largest = 0;
        for (int i = 0; i < means.length; i++) {
            double deviation = Math.sqrt(next.variances[i]);
            double moved = Math.abs(next.means[i] - means[i]);
            double widened = Math.abs(deviation - Math.sqrt(variances[i]));
            double change = Math.max(moved, widened);
            if (change > 0) {
                largest = Math.max(largest, change / deviation);
            }
        }
        return largest;
    }
}
