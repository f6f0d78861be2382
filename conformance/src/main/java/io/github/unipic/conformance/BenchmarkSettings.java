package io.github.unipic.conformance;

import io.github.unipic.DiffusionSteps;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.Reuse;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a benchmark measures, and how often.
 *
 * @param tasks to measure; not empty
 * @param sizes pixels a side of the images, multiples of the model's 16; each is measured
 * @param iterations for each image
 * @param steps of diffusion in each iteration
 * @param guidance 1 is off
 * @param guidanceReuse the iterations that compute guidance
 * @param tokenReuse the iterations that compute every token
 * @param contexts numbers of tokens before those that {@link Task#TEXT} times; each is measured
 * @param tokens the number of tokens of an answer, and of those timed after a context
 * @param repeat how often images and answers are measured
 * @param keepLoaded whether graphs stay in memory after their first use
 * @param prepack whether the CPU copies float32 matrices into the layout it multiplies fastest
 * @param mapped whether weights are mapped from their files; otherwise all are read into memory on loading
 * @param tileAbove images of more pixels than this are decoded in tiles; 0 or more
 */
public record BenchmarkSettings(
        Set<Task> tasks,
        List<Integer> sizes,
        int iterations,
        DiffusionSteps steps,
        double guidance,
        Reuse guidanceReuse,
        Reuse tokenReuse,
        List<Integer> contexts,
        int tokens,
        int repeat,
        boolean keepLoaded,
        boolean prepack,
        boolean mapped,
        long tileAbove) {
    /** What can be measured. */
    public enum Task {
        /** Text to image, until the preview after the first iteration is decoded. */
        PREVIEW,
        /** Text to image. */
        T2I,
        /** An answer about a photo. */
        DESCRIBE,
        /** Text after a context, token by token. */
        TEXT;

        /**
         * The name on command lines.
         *
         * @return in lower case
         */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        /**
         * The task of a name.
         *
         * @param label as {@link #label()} gives it
         * @return the task
         * @throws InvalidRequestException when there is no such task
         */
        public static Task of(String label) {
            return Arrays.stream(values())
                    .filter(task -> task.label().equals(label))
                    .findFirst()
                    .orElseThrow(() -> new InvalidRequestException(
                            "There is no benchmark task " + label + "; give preview, t2i, describe or text."));
        }
    }

    /**
     * Checks the numbers and copies the lists. The model's own limits are checked when the benchmark runs.
     *
     * @param tasks to measure; empty for all
     * @param sizes pixels a side of the images, each at least 1
     * @param iterations at least 1
     * @param steps of diffusion in each iteration
     * @param guidance 1 is off
     * @param guidanceReuse the iterations that compute guidance
     * @param tokenReuse the iterations that compute every token
     * @param contexts numbers of tokens, each at least 1
     * @param tokens at least 1
     * @param repeat at least 1
     * @param keepLoaded whether graphs stay in memory after their first use
     * @param prepack whether the CPU copies float32 matrices into the layout it multiplies fastest
     * @param mapped whether weights are mapped from their files
     * @param tileAbove images of more pixels than this are decoded in tiles
     * @throws InvalidRequestException when a number is below 1
     */
    public BenchmarkSettings {
        tasks = Set.copyOf(tasks.isEmpty() ? EnumSet.allOf(Task.class) : tasks);
        sizes = List.copyOf(sizes);
        contexts = List.copyOf(contexts);
        sizes.forEach(size -> requirePositive("size", size));
        contexts.forEach(context -> requirePositive("context", context));
        requirePositive("iterations", iterations);
        requirePositive("tokens", tokens);
        requirePositive("repeat", repeat);
    }

    private static void requirePositive(String what, int value) {
        if (value < 1) {
            throw new InvalidRequestException(what + " is " + value + "; give at least 1.");
        }
    }
}
