package io.github.unipic.generation;

import java.util.Arrays;

/**
 * Tokens by descending logit; equal logits are ordered by ascending id. Sorts only as many tokens as it is asked for: a
 * vocabulary has 150,000, and sampling needs a few. Not thread-safe.
 */
final class Ranking {
    private static final int FIRST = 64;

    /** Ascending keys are descending logits. The upper half holds the logit's order, the lower half the token. */
    private final long[] keys;

    private int sorted;

    Ranking(float[] logits) {
        keys = new long[logits.length];
        for (int i = 0; i < keys.length; i++) {
            int bits = Float.floatToIntBits(logits[i]);
            int ascending = bits ^ ((bits >> 31) & 0x7fffffff);
            keys[i] = ((long) ~ascending << 32) | i;
        }
    }

    /** The token at a rank, from 0. */
    int token(int rank) {
        while (rank >= sorted) {
            sortMore();
        }
        return (int) keys[rank];
    }

    private void sortMore() {
        int end = Math.min(keys.length, Math.max(FIRST, 8 * sorted));
        select(sorted, end);
        Arrays.sort(keys, sorted, end);
        sorted = end;
    }

    /** Moves the smallest keys of those from {@code from} on to before {@code end} (Hoare 1961, "Find"). */
    private void select(int from, int end) {
        int low = from;
        int high = keys.length - 1;
        while (low < high && end < keys.length) {
            long pivot = keys[(low + high) >>> 1];
            int i = low;
            int j = high;
            while (i <= j) {
                while (keys[i] < pivot) {
                    i++;
                }
                while (keys[j] > pivot) {
                    j--;
                }
                if (i <= j) {
                    long swapped = keys[i];
                    keys[i++] = keys[j];
                    keys[j--] = swapped;
                }
            }
            if (end - 1 <= j) {
                high = j;
            } else if (end - 1 >= i) {
                low = i;
            } else {
                return;
            }
        }
    }
}
