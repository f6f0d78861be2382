package io.github.unipic.conformance.cases;

import io.github.unipic.VisionPath;
import io.github.unipic.conformance.Suite;

/**
 * One question about a photo.
 *
 * @param photo name of one that comes with the kit
 * @param tokens of the answer at most
 */
public record AnswerCase(String name, Suite suite, VisionPath path, String photo, String question, int tokens) {
    /** What is done. */
    public static final String TASK = "understand";

    /** Where the reference has a result. */
    public String referenceKey(String result) {
        return "answer/" + name + "/" + result;
    }
}
