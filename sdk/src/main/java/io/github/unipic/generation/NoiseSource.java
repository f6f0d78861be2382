package io.github.unipic.generation;

/**
 * The source of the diffusion's noise. The result depends only on the arguments and never on earlier calls, so the
 * order and the batches in which tokens are computed do not matter. Implementations are thread-safe.
 */
@FunctionalInterface
public interface NoiseSource {
    /**
     * Fills in the standard normal variates of one token for one row of its diffusion.
     *
     * @param position the token's position in the image, row-major, from 0
     * @param row 0 is the noise that the diffusion starts from; row k + 1 is the noise that its k-th step adds
     * @param destination receives one variate a channel (16 for UniPic); every element is written
     */
    void fill(int position, int row, float[] destination);
}
