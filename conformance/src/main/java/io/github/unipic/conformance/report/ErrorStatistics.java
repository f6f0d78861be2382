package io.github.unipic.conformance.report;

import java.util.List;

/**
 * The differences between a tensor and its reference. Values that are not finite are counted, and excluded from all
 * other statistics.
 *
 * @param values compared
 * @param relativeL2 norm of the difference over norm of the reference
 * @param cosine of the angle between the two, 1 when they point the same way
 * @param largest absolute difference
 * @param referenceRms root mean square of the reference
 * @param nans number of values where the result or the reference is NaN
 * @param infinities number of other values where one of them is infinite
 * @param histogram the number of absolute differences, in units of {@code referenceRms}, in each decade: below 1e-8,
 *     from 1e-8, from 1e-7, ..., from 1e0, that is {@value #DECADES} counts
 */
public record ErrorStatistics(
        long values,
        double relativeL2,
        double cosine,
        double largest,
        double referenceRms,
        long nans,
        long infinities,
        List<Long> histogram) {

    /** Counts in {@link #histogram}. */
    public static final int DECADES = 10;

    /** Lower bound of the histogram's first bounded decade, 1e-8, as a power of ten. */
    public static final int FIRST_DECADE = -8;

    /** Copies the list. */
    public ErrorStatistics {
        histogram = List.copyOf(histogram);
        if (histogram.size() != DECADES) {
            throw new IllegalArgumentException("histogram has " + histogram.size() + " counts, not " + DECADES);
        }
    }
}
