package io.github.unipic.generation;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;

/**
 * Which tokens are predicted at which iteration: the cosine schedule of MAR (Li et al. 2024, "Autoregressive image
 * generation without vector quantization"). A pure function of the iterations and the order.
 */
public final class UnmaskingSchedule {
    private UnmaskingSchedule() {}

    /**
     * One iteration.
     *
     * @param index from 0
     * @param known positions that are known before it, ascending
     * @param predicted positions that it predicts, ascending; may be empty where iterations outnumber tokens, and such
     *     an iteration has nothing to do
     * @param left how many tokens stay masked by the cosine, at least 1: the measure of
     *     {@link io.github.unipic.GuidanceSchedule#at}. At the last iteration it still is, though none stays masked
     *     then.
     */
    public record Iteration(int index, int[] known, int[] predicted, int left) {}

    /**
     * Plans all iterations.
     *
     * @param iterations how many, above 0
     * @param order a permutation of the token positions, at least one; its last ones are predicted first
     * @return the iterations, unmodifiable; their positions are made on access, so that long plans take little memory
     */
    public static List<Iteration> plan(int iterations, int[] order) {
        int tokens = order.length;
        int[] left = new int[iterations];
        int masked = tokens;
        for (int k = 0; k < iterations; k++) {
            int cosine = (int) Math.floor(tokens * StrictMath.cos(Math.PI / 2 * (k + 1) / iterations));
            left[k] = Math.max(1, Math.min(masked - 1, cosine));
            masked = left[k];
        }
        return new Plan(left, order.clone());
    }

    private static final class Plan extends AbstractList<Iteration> implements RandomAccess {
        private final int[] left;
        private final int[] order;

        Plan(int[] left, int[] order) {
            this.left = left;
            this.order = order;
        }

        @Override
        public int size() {
            return left.length;
        }

        @Override
        public Iteration get(int index) {
            int before = index == 0 ? order.length : left[index - 1];
            int after = index == left.length - 1 ? 0 : left[index];
            return new Iteration(index, ascending(before, order.length), ascending(after, before), left[index]);
        }

        private int[] ascending(int from, int to) {
            int[] positions = Arrays.copyOfRange(order, from, to);
            Arrays.sort(positions);
            return positions;
        }
    }
}
