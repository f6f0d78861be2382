package io.github.unipic.generation;

import io.github.unipic.InvalidRequestException;

/** The order of an image's tokens. The last positions are predicted first. */
public final class TokenOrder {
    private static final int STREAM = 1;
    private static final int WORDS = 4;

    private TokenOrder() {}

    /**
     * Makes a random order: Fisher and Yates's shuffle with {@link Philox}, in a stream apart from the noise's.
     *
     * @param tokens how many tokens the image has
     * @param seed the image's seed
     * @return a permutation of 0 to {@code tokens - 1}, each equally likely
     */
    public static int[] random(int tokens, long seed) {
        int[] order = new int[tokens];
        for (int i = 0; i < tokens; i++) {
            order[i] = i;
        }
        Words words = new Words(seed);
        for (int i = tokens - 1; i > 0; i--) {
            int j = words.below(i + 1);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        return order;
    }

    /**
     * Checks an order.
     *
     * @param order the order
     * @param tokens how many tokens the image has
     * @throws InvalidRequestException if it is not a permutation of 0 to {@code tokens - 1}
     */
    public static void check(int[] order, int tokens) {
        if (order.length != tokens) {
            throw new InvalidRequestException(
                    "order must have one position for each of the image's " + tokens + " tokens, not " + order.length);
        }
        boolean[] seen = new boolean[tokens];
        for (int i = 0; i < tokens; i++) {
            int position = order[i];
            if (position < 0 || position >= tokens) {
                throw new InvalidRequestException("order must hold positions 0 to " + (tokens - 1) + ", not " + position
                        + " (at index " + i + ")");
            }
            if (seen[position]) {
                throw new InvalidRequestException(
                        "order must hold each position once; " + position + " is repeated at index " + i);
            }
            seen[position] = true;
        }
    }

    /** The 32-bit words of one Philox stream, in sequence. */
    private static final class Words {
        private final long seed;
        private int[] block = {};
        private int used;

        Words(long seed) {
            this.seed = seed;
        }

        private long next() {
            if (used % WORDS == 0) {
                block = Philox.block(seed, used / WORDS, 0, 0, STREAM);
            }
            return Integer.toUnsignedLong(block[used++ % WORDS]);
        }

        /** Each of 0 to bound - 1 equally likely: Lemire, "Fast random integer generation in an interval" (2019). */
        int below(int bound) {
            int threshold = Integer.remainderUnsigned(-bound, bound); // 2^32 mod bound
            long product;
            do {
                product = next() * bound;
            } while (Integer.compareUnsigned((int) product, threshold) < 0);
            return (int) (product >>> 32);
        }
    }
}
