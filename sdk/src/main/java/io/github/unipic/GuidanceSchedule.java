package io.github.unipic;

/** How the strength of classifier-free guidance changes over the iterations of one image. */
public enum GuidanceSchedule {
    /** The full guidance at every iteration. */
    CONSTANT {
        @Override
        public double at(double guidance, int tokens, int left) {
            return guidance;
        }
    },

    /**
     * From near 1 (no guidance) at the first iteration up to nearly the full guidance, with the share of tokens done.
     */
    LINEAR {
        @Override
        public double at(double guidance, int tokens, int left) {
            return 1 + (guidance - 1) * (tokens - left) / tokens;
        }
    };

    /**
     * Gives the guidance of one iteration, as in MAR (Li et al. 2024, "Autoregressive image generation without vector
     * quantization").
     *
     * @param guidance the request's guidance
     * @param tokens tokens of the image, above 0
     * @param left tokens that stay masked after the iteration by its schedule, 1 to {@code tokens}
     * @return the strength to use: 1 means no guidance
     */
    public abstract double at(double guidance, int tokens, int left);
}
