package io.github.unipic;

/**
 * In which iterations guidance is computed, and in which it is reused. The unconditional half of a guided image changes
 * little from one iteration to the next, so that the difference between the two halves at a position may be kept from
 * an earlier iteration (Yan et al. 2025, "LazyMAR: Accelerating masked autoregressive models via feature caching",
 * arXiv 2503.12450, its condition cache). That saves nearly half of the language model's work. Without guidance it has
 * no effect. Immutable and thread-safe.
 *
 * @param initial so many iterations compute guidance at the beginning, 1 or more
 * @param every after them, every so many iterations compute it again: 1 in all
 */
public record GuidanceReuse(int initial, int every) {
    /** Guidance is computed in every iteration: exact. */
    public static final GuidanceReuse NONE = new GuidanceReuse(1, 1);

    private static final int INITIAL = 2;
    private static final int MAX = 100_000;

    /**
     * Checks the numbers.
     *
     * @param initial 1 to 100000
     * @param every 1 to 100000
     * @throws InvalidRequestException if a number is out of its range
     */
    public GuidanceReuse {
        check("initial iterations with guidance", initial);
        check("guidance every", every);
    }

    private static void check(String name, int number) {
        if (number < 1 || number > MAX) {
            throw new InvalidRequestException(name + " must be 1 to " + MAX + ", not " + number);
        }
    }

    /**
     * The first two iterations, and then every so many.
     *
     * @param iterations 1 for all of them
     * @return the iterations that compute guidance
     * @throws InvalidRequestException if the number is out of its range
     */
    public static GuidanceReuse every(int iterations) {
        return iterations == 1 ? NONE : new GuidanceReuse(INITIAL, iterations);
    }

    /**
     * Whether an iteration computes guidance.
     *
     * @param iteration from 0
     * @return false if it reuses that of an earlier one
     */
    public boolean computes(int iteration) {
        return iteration < initial || (iteration - initial + 1) % every == 0;
    }
}
