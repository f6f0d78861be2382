package io.github.unipic;

/**
 * In which iterations something is computed, and in which what an earlier iteration computed is used again. See
 * {@link ImageRequest.Builder#guidanceReuse} and {@link ImageRequest.Builder#tokenReuse}. Immutable and thread-safe.
 *
 * @param initial so many iterations compute it at the beginning, 1 or more
 * @param every after them, every so many iterations compute it again: 1 in all
 */
public record Reuse(int initial, int every) {
    /** Nothing is reused: exact. */
    public static final Reuse NONE = new Reuse(1, 1);

    private static final int INITIAL = 2;
    private static final int MAX = 100_000;

    /**
     * Checks the numbers.
     *
     * @param initial 1 to 100000
     * @param every 1 to 100000
     * @throws InvalidRequestException if a number is out of its range
     */
    public Reuse {
        check("initial", initial);
        check("every", every);
    }

    private static void check(String name, int number) {
        if (number < 1 || number > MAX) {
            throw new InvalidRequestException(name + " must be 1 to " + MAX + ", not " + number);
        }
    }

    /**
     * Computed in the first two iterations, and then in every so many.
     *
     * @param iterations 1 for all of them
     * @return the iterations that compute
     * @throws InvalidRequestException if the number is out of its range
     */
    public static Reuse every(int iterations) {
        return iterations == 1 ? NONE : new Reuse(INITIAL, iterations);
    }

    /**
     * Whether an iteration computes.
     *
     * @param iteration from 0
     * @return false if it reuses what an earlier one computed
     */
    public boolean computes(int iteration) {
        return iteration < initial || (iteration - initial + 1) % every == 0;
    }
}
