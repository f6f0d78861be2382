package io.github.unipic.conformance.cases;

import io.github.unipic.GuidanceSchedule;
import io.github.unipic.conformance.Suite;
import java.util.Optional;

/**
 * One image drawn, or edited where there is a photo.
 *
 * @param photo name of the image that is edited, of those that come with the kit
 */
public record LoopCase(
        String name,
        Suite suite,
        GridSize grid,
        int iterations,
        int steps,
        double guidance,
        GuidanceSchedule guidanceSchedule,
        double temperature,
        String prompt,
        Optional<String> photo) {
    /** What is done: {@code t2i} or {@code edit}. */
    public String task() {
        return photo.isPresent() ? "edit" : "t2i";
    }

    /** Where the reference has a result. */
    public String referenceKey(String result) {
        return "loop/" + name + "/" + result;
    }
}
