package io.github.unipic.generation;

import java.util.Arrays;

/**
 * Mean and variance of each group of each group norm over a part of an image, or all of it.
 *
 * @param means one for each group of each norm
 * @param variances in the same order
 * @param places so many values the part has in each channel, at least one
 */
record NormStatistics(double[] means, double[] variances, long places) {

    /** As the graph pixel_decoder_tile gives them: mean, variance, mean, variance, ... */
    static NormStatistics of(float[] pairs, long places) {
        double[] means = new double[pairs.length / 2];
        double[] variances = new double[pairs.length / 2];
        for (int i = 0; i < means.length; i++) {
            means[i] = pairs[2 * i];
            variances[i] = pairs[2 * i + 1];
        }
        return new NormStatistics(means, variances, places);
    }

    /** As {@link #of} takes them. */
    float[] pairs() {
        float[] pairs = new float[2 * means.length];
        for (int i = 0; i < means.length; i++) {
            pairs[2 * i] = (float) means[i];
            pairs[2 * i + 1] = (float) variances[i];
        }
        return pairs;
    }

    /** Of both parts together (Chan, Golub, LeVeque 1979, "Updating Formulae and a Pairwise Algorithm"). */
    NormStatistics merge(NormStatistics other) {
        long all = places + other.places;
        double share = (double) other.places / all;
        double[] mean = new double[means.length];
        double[] variance = new double[means.length];
        Arrays.setAll(mean, i -> means[i] + share * (other.means[i] - means[i]));
        Arrays.setAll(variance, i -> {
            double apart = other.means[i] - means[i];
            return (1 - share) * variances[i] + share * other.variances[i] + share * (1 - share) * apart * apart;
        });
        return new NormStatistics(mean, variance, all);
    }

    /** The largest change of a mean or of a standard deviation to those of {@code next}, in standard deviations. */
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
