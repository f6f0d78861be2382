package io.github.unipic.conformance.cases;

import java.util.BitSet;
import java.util.stream.IntStream;

/** The rows of the MAR decoder's cache that a run reuses. */
enum ReusedRows {
    /** There is no cache, and every place is computed. */
    NO_CACHE,
    NONE,
    HALF,
    /** Those whose number is no computed place. */
    OTHERS;

    boolean hasCache() {
        return this != NO_CACHE;
    }

    /**
     * @param permutation of the cache's rows
     * @param computed places
     */
    int[] of(int[] permutation, BitSet computed) {
        return switch (this) {
            case NO_CACHE, NONE -> new int[0];
            case HALF -> IntStream.of(permutation).limit(permutation.length / 2).toArray();
            case OTHERS ->
                IntStream.range(0, permutation.length)
                        .filter(row -> !computed.get(row))
                        .toArray();
        };
    }
}
