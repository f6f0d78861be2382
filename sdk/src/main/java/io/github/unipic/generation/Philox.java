package io.github.unipic.generation;

/**
 * The counter-based generator Philox 4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1,
 * 2, 3" (SC 2011): a keyed bijection of 128-bit counters whose results are uniformly distributed. Pure, so thread-safe.
 */
public final class Philox {
    private static final int ROUNDS = 10;
    private static final long MULTIPLIER_0 = 0xD2511F53L;
    private static final long MULTIPLIER_1 = 0xCD9E8D57L;
    private static final int WEYL_0 = 0x9E3779B9;
    private static final int WEYL_1 = 0xBB67AE85;
    private static final long LOW = 0xFFFFFFFFL;

    private Philox() {}

    /**
     * Computes the block of one counter.
     *
     * @param key the key, low word first in the paper's terms
     * @param c0 word 0 of the counter; {@code c1} to {@code c3} are the others
     * @return four uniformly distributed 32-bit words
     */
    public static int[] block(long key, int c0, int c1, int c2, int c3) {
        int key0 = (int) key;
        int key1 = (int) (key >>> 32);
        for (int round = 0; round < ROUNDS; round++) {
            long product0 = MULTIPLIER_0 * (c0 & LOW);
            long product1 = MULTIPLIER_1 * (c2 & LOW);
            c0 = (int) (product1 >>> 32) ^ c1 ^ key0;
            c1 = (int) product1;
            c2 = (int) (product0 >>> 32) ^ c3 ^ key1;
            c3 = (int) product0;
            key0 += WEYL_0;
            key1 += WEYL_1;
        }
        return new int[] {c0, c1, c2, c3};
    }
}
