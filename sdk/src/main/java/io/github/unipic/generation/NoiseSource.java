package io.github.unipic.generation;

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
     * @param position the token's position in the image, row-major, from 0
     * @param row 0 is the noise that the diffusion starts from; row k + 1 is what its k-th step adds
     * @param destination receives one variate a channel (16 for UniPic); every element is written
     */
    void fill(int position, int row, float[] destination);
}
