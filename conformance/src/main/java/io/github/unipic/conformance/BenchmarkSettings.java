package io.github.unipic.conformance;

import io.github.unipic.InvalidRequestException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a benchmark does, and how much of it.
 *
 * @param sizes pixels a side of the images, multiples of the model's 16; each is measured
 * @param iterations of an image
 * @param steps of diffusion in each iteration
 * @param guidance 1 is without
 * @param contexts tokens before those that {@link Task#TEXT} times; each is measured
 * @param tokens that are answered, and that are timed behind a context
 * @param repeat how often images and answers are measured
 * @param keepLoaded whether graphs stay in memory once they were needed
 * @param prepack whether the CPU copies float32 matrices into the layout it multiplies fastest
 * @param mapped whether weights stay in their files; otherwise all are read into memory on loading
 * @param tileAbove images of more pixels than this are decoded in tiles; 0 or more
 */
public record BenchmarkSettings(
        Set<Task> tasks,
        List<Integer> sizes,
        int iterations,
        int steps,
        double guidance,
        List<Integer> contexts,
        int tokens,
        int repeat,
        boolean keepLoaded,
        boolean prepack,
        boolean mapped,
        long tileAbove) {
    /** What can be measured. */
    public enum Task {
        /** Text to image, until the first iteration's preview is decoded. */
        PREVIEW,
        /** Text to image. */
        T2I,
        /** An answer about a photo. */
        DESCRIBE,
        /** Text behind a context, token by token. */
        TEXT;

        /** The name on command lines. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        /**
         * The task of that name.
         *
         * @throws InvalidRequestException when there is none
         */
        public static Task of(String label) {
            return Arrays.stream(values())
                    .filter(task -> task.label().equals(label))
                    .findFirst()
                    .orElseThrow(() -> new InvalidRequestException(
                            "There is no task " + label + " to measure; give preview, t2i, describe or text."));
        }
    }

    /**
     * Checks the numbers and copies the lists. What the model limits is checked when a benchmark runs.
     *
     * @throws InvalidRequestException when one is not positive
     */
    public BenchmarkSettings {
        tasks = Set.copyOf(tasks.isEmpty() ? EnumSet.allOf(Task.class) : tasks);
        sizes = List.copyOf(sizes);
        contexts = List.copyOf(contexts);
        sizes.forEach(size -> requirePositive("size", size));
        contexts.forEach(context -> requirePositive("context", context));
        requirePositive("iterations", iterations);
        requirePositive("steps", steps);
        requirePositive("tokens", tokens);
        requirePositive("repeat", repeat);
    }

    private static void requirePositive(String what, int value) {
        if (value < 1) {
            throw new InvalidRequestException(what + " is " + value + "; give at least 1.");
        }
    }
}
