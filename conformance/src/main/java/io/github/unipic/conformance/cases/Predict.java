package io.github.unipic.conformance.cases;

import java.util.Arrays;

/** Which positions the MAR decoder is asked for. */
enum Predict {
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
