package io.github.unipic.generation;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.RandomAccess;

/**
 * The tokens that each iteration predicts, by the cosine schedule of MAR (Li et al. 2024, "Autoregressive image
 * generation without vector quantization"). It depends only on the number of iterations and the orders.
 */
public final class UnmaskingSchedule {
    private UnmaskingSchedule() {}

    /**
     * One iteration of a batch of images.
     *
     * @param index from 0
     * @param known for each image, the positions known before this iteration, ascending
     * @param predicted for each image, the positions that this iteration predicts, ascending
     * @param left the number of tokens of an image that stay masked by the cosine, for
     *     {@link io.github.unipic.GuidanceSchedule#at}; at least 1, also in the last iteration
     */
    public record Iteration(int index, List<int[]> known, List<int[]> predicted, int left) {
        /** The number of known tokens of each image after this iteration. */
        public int tokensAfter() {
            return known.get(0).length + predictedTokens();
        }

        /** The number of tokens of each image that this iteration predicts. */
        public int predictedTokens() {
            return predicted.get(0).length;
        }
    }

    /**
     * Plans all iterations that predict something: all, unless there are more of them than tokens.
     *
     * @param iterations number of iterations, above 0
     * @param orders for each image the masked positions, without repetition; the same number for each image, at least
     *     1; the last ones are predicted first
     * @param tokens of an image; those that are not in its order are known from the start
     * @return the iterations, unmodifiable; positions are computed on access, so that long plans take little memory
     */
    public static List<Iteration> plan(int iterations, List<int[]> orders, int tokens) {
        int length = orders.get(0).length;
        List<Count> counts = new ArrayList<>();
        int masked = length;
        for (int k = 0; k < iterations; k++) {
            int cosine = (int) Math.floor(length * StrictMath.cos(Math.PI / 2 * (k + 1) / iterations));
            int left = Math.max(1, Math.min(masked - 1, cosine));
            int after = k == iterations - 1 ? 0 : left;
            if (after < masked) {
                counts.add(new Count(k, masked, after, left));
            }
            masked = left;
        }
        return new Plan(List.copyOf(counts), orders.stream().map(int[]::clone).toList(), tokens);
    }

    /** Masked tokens of an image before and after an iteration, and those left by the cosine. */
    private record Count(int index, int before, int after, int left) {}

    private static final class Plan extends AbstractList<Iteration> implements RandomAccess {
        private final List<Count> counts;
        private final List<int[]> orders;
        private final int tokens;

        Plan(List<Count> counts, List<int[]> orders, int tokens) {
            this.counts = counts;
            this.orders = orders;
            this.tokens = tokens;
        }

        @Override
        public int size() {
            return counts.size();
        }

        @Override
        public Iteration get(int index) {
            Count k = counts.get(index);
            return new Iteration(
                    k.index,
                    orders.stream().map(order -> known(order, k.before)).toList(),
                    orders.stream()
                            .map(order -> predicted(order, k.after, k.before))
                            .toList(),
                    k.left);
        }

        /** All positions but the first {@code masked} of the order. */
        private int[] known(int[] order, int masked) {
            BitSet known = new BitSet(tokens);
            known.set(0, tokens);
            for (int i = 0; i < masked; i++) {
                known.clear(order[i]);
            }
            return known.stream().toArray();
        }

        private static int[] predicted(int[] order, int from, int to) {
            int[] positions = Arrays.copyOfRange(order, from, to);
            Arrays.sort(positions);
            return positions;
        }
    }
}
