package io.github.unipic.conformance.cases;

import java.util.Arrays;

/** The set of positions that the MAR decoder predicts. */
enum PredictedSet {
    ONE,
    REST,
    ALL;

    /** @param permutation of all positions, the first {@code known} of which are known */
    int[] of(int[] permutation, int known) {
        return switch (this) {
            case ONE -> new int[] {permutation[known]};
            case REST -> Arrays.copyOfRange(permutation, known, permutation.length);
            case ALL -> permutation.clone();
        };
    }
}
