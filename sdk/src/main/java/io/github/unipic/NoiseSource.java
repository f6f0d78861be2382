package io.github.unipic;

import io.github.unipic.generation.PhiloxNoise;

/**
 * Where the randomness of the diffusion comes from. What it gives depends on its arguments alone, never on earlier
 * calls, so that the order and the batches in which tokens are computed change nothing. Implementations are
 * thread-safe.
 */
@FunctionalInterface
public interface NoiseSource {
    /**
     * Fills in the standard normal variates of one token at one row of its diffusion.
     *
     * @param position the token's place in the image, row-major, from 0
     * @param row 0 is the noise that the diffusion starts from; row k + 1 is what its k-th step adds
     * @param destination receives one variate a channel (16 for UniPic); every element is written
     */
    void fill(int position, int row, float[] destination);

    /**
     * The noise that a seed stands for: the same on every machine, batch size and execution provider.
     *
     * @param seed any number
     * @return counter-based noise: Philox 4x32-10 (Salmon et al. 2011) keyed by the seed, made normal by Box and
     *     Muller's method
     */
    static NoiseSource philox(long seed) {
        return new PhiloxNoise(seed);
    }
}
