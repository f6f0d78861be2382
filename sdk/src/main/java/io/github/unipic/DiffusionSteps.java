package io.github.unipic;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many diffusion steps sample a token: the same number in every iteration, or fewer and fewer. Later tokens depend
 * on many known ones, so that fewer steps do for them (Zhao et al. 2025, "DiSA: Diffusion step annealing in
 * autoregressive image generation", arXiv 2505.20297, section 4). Immutable and thread-safe.
 *
 * @param first steps of the first iteration, 1 to {@link #MAX}; a single one leaves tokens the noise that they begin
 *     with
 * @param last steps of the last iteration, 2 to {@code first}, or both 1
 * @param curve how they fall in between; without effect where both are the same
 */
public record DiffusionSteps(int first, int last, Curve curve) {
    /** The most steps: those that the network was trained with. */
    public static final int MAX = 1000;

    private static final Pattern TEXT = Pattern.compile("(\\d{1,4})(?:\\.\\.(\\d{1,4})( cosine)?)?");

    /** How the steps fall. */
    public enum Curve {
        /** By the same number in each iteration. */
        LINEAR,
        /** By half a cosine: slowly at first and at last. */
        COSINE
    }

    /**
     * Checks the numbers.
     *
     * @param first 1 to {@link #MAX}
     * @param last 2 to {@code first}, or both 1
     * @param curve not null
     * @throws InvalidRequestException if a number is out of its range
     */
    public DiffusionSteps {
        if (first < 1 || first > MAX) {
            throw new InvalidRequestException("diffusion steps must be 1 to " + MAX + ", not " + first);
        }
        if (last < 1 || last > first) {
            throw new InvalidRequestException(
                    "the last iteration's diffusion steps must be 2 to the first one's " + first + ", not " + last);
        }
        if (last == 1 && first > 1) {
            throw new InvalidRequestException("the last iteration's diffusion steps must be 2 or more, as a single one"
                    + " leaves a token the noise that it begins with");
        }
        if (first == last) {
            curve = Curve.LINEAR;
        }
    }

    /**
     * The same number in every iteration.
     *
     * @param steps 1 to {@link #MAX}
     * @return the steps
     * @throws InvalidRequestException if the number is out of its range
     */
    public static DiffusionSteps constant(int steps) {
        return new DiffusionSteps(steps, steps, Curve.LINEAR);
    }

    /**
     * Fewer and fewer, linearly.
     *
     * @param first 1 to {@link #MAX}
     * @param last 2 to {@code first}, or both 1
     * @return the steps
     * @throws InvalidRequestException if a number is out of its range
     */
    public static DiffusionSteps annealed(int first, int last) {
        return new DiffusionSteps(first, last, Curve.LINEAR);
    }

    /**
     * Reads what {@link #toString} gives.
     *
     * @param text such as {@code 100}, {@code 50..5} or {@code 50..5 cosine}
     * @return the steps
     * @throws InvalidRequestException if the text is none, or a number is out of its range
     */
    public static DiffusionSteps parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new InvalidRequestException(
                    "diffusion steps must be a number, such as 100, or fall, such as 50..5 or '50..5 cosine', not '"
                            + Printable.line(text) + "'");
        }
        int first = Integer.parseInt(matcher.group(1));
        if (matcher.group(2) == null) {
            return constant(first);
        }
        Curve curve = matcher.group(3) == null ? Curve.LINEAR : Curve.COSINE;
        return new DiffusionSteps(first, Integer.parseInt(matcher.group(2)), curve);
    }

    /**
     * The steps of one iteration.
     *
     * @param iteration from 0
     * @param iterations in all; with only one, it has {@link #first} steps
     * @return {@link #last} to {@link #first}
     */
    public int at(int iteration, int iterations) {
        if (iterations == 1) {
            return first;
        }
        int end = iterations - 1;
        long range = first - last;
        return last
                + (int)
                        switch (curve) {
                            case LINEAR -> range * (end - iteration) / end;
                            case COSINE -> (long) (range * (StrictMath.cos(Math.PI * iteration / end) + 1) / 2);
                        };
    }

    /**
     * Whether every iteration has the same number.
     *
     * @return true without annealing
     */
    public boolean isConstant() {
        return first == last;
    }

    @Override
    public String toString() {
        String range = isConstant() ? Integer.toString(first) : first + ".." + last;
        return curve == Curve.LINEAR ? range : range + " " + curve.name().toLowerCase(Locale.ROOT);
    }
}
