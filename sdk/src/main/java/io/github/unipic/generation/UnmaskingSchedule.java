package io.github.unipic.generation;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.BitSet;
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
     * Plans all iterations of an image whose every token is masked at first.
     *
     * @param iterations how many, above 0
     * @param order a permutation of the token positions, at least one; its last ones are predicted first
     * @return the iterations, unmodifiable; their positions are made on access, so that long plans take little memory
     */
    public static List<Iteration> plan(int iterations, int[] order) {
        return plan(iterations, order, order.length);
    }

    /**
     * Plans all iterations.
     *
     * @param iterations how many, above 0
     * @param order the masked positions, each once, at least one; its last ones are predicted first
     * @param tokens of the image; those that are not in the order are known from the start
     */
    public static List<Iteration> plan(int iterations, int[] order, int tokens) {
        int[] left = new int[iterations];
        int masked = order.length;
        for (int k = 0; k < iterations; k++) {
            int cosine = (int) Math.floor(order.length * StrictMath.cos(Math.PI / 2 * (k + 1) / iterations));
            left[k] = Math.max(1, Math.min(masked - 1, cosine));
            masked = left[k];
        }
        return new Plan(left, order.clone(), tokens);
    }

    private static final class Plan extends AbstractList<Iteration> implements RandomAccess {
        private final int[] left;
        private final int[] order;
        private final int tokens;

        Plan(int[] left, int[] order, int tokens) {
            this.left = left;
            this.order = order;
            this.tokens = tokens;
        }

        @Override
        public int size() {
            return left.length;
        }

        @Override
        public Iteration get(int index) {
            int before = index == 0 ? order.length : left[index - 1];
            int after = index == left.length - 1 ? 0 : left[index];
            return new Iteration(index, known(before), predicted(after, before), left[index]);
        }

        /** All positions but the first {@code masked} of the order. */
        private int[] known(int masked) {
            BitSet known = new BitSet(tokens);
            known.set(0, tokens);
            for (int i = 0; i < masked; i++) {
                known.clear(order[i]);
            }
            return known.stream().toArray();
        }

        private int[] predicted(int from, int to) {
            int[] positions = Arrays.copyOfRange(order, from, to);
            Arrays.sort(positions);
            return positions;
        }
    }
}
