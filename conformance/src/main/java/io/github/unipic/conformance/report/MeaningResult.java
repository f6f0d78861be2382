package io.github.unipic.conformance.report;

import io.github.unipic.Image;
import java.util.List;
import java.util.Optional;

/**
 * What the trained model made of one request, beside what a person would expect.
 *
 * @param name the case
 * @param request the prompt, question or instruction
 * @param given the image that the question or the instruction is about; empty for a prompt
 * @param made the image generated; empty for a question
 * @param wanted what the image must show, or the right answer
 * @param found what was recognized in the image, or the answer
 * @param wrong what differs, one line each; empty if nothing does
 */
public record MeaningResult(
        CaseName name,
        String request,
        Optional<Image> given,
        Optional<Image> made,
        String wanted,
        String found,
        List<String> wrong) {

    /** Copies the list. */
    public MeaningResult {
        wrong = List.copyOf(wrong);
    }

    /**
     * Whether it is what a person would expect.
     *
     * @return whether nothing differs
     */
    public boolean isRight() {
        return wrong.isEmpty();
    }
}
