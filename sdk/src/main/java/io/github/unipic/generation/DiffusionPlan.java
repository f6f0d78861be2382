package io.github.unipic.generation;

import io.github.unipic.DiffusionSteps;
import java.util.HashMap;
import java.util.Map;

/** The noise schedule of each iteration. Each number of steps has its own, made on first use. Not thread-safe. */
public final class DiffusionPlan {
    private final DiffusionSteps steps;
    private final double maxBeta;
    private final Map<Integer, DiffusionSchedule> schedules = new HashMap<>();

    /** @param maxBeta as of {@link DiffusionSchedule#cosine} */
    public DiffusionPlan(DiffusionSteps steps, double maxBeta) {
        this.steps = steps;
        this.maxBeta = maxBeta;
    }

    /** The same number of steps in every iteration. */
    public static DiffusionPlan constant(int steps, double maxBeta) {
        return new DiffusionPlan(DiffusionSteps.constant(steps), maxBeta);
    }

    /** The number of steps of one iteration. */
    int steps(int iteration, int iterations) {
        return steps.at(iteration, iterations);
    }

    /** The schedule of one iteration. */
    DiffusionSchedule at(int iteration, int iterations) {
        return schedules.computeIfAbsent(
                steps(iteration, iterations), number -> DiffusionSchedule.cosine(number, maxBeta));
    }
}
