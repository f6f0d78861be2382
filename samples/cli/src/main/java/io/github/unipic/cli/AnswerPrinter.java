package io.github.unipic.cli;

import io.github.unipic.Answer;
import io.github.unipic.TextListener;
import io.github.unipic.VisionPath;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Prints an answer while it is generated, and ends its line even if it fails. A pipe or a file gets the model's exact
 * text.
 */
final class AnswerPrinter implements TextListener {
    private final Output out;
    private boolean begun;

    AnswerPrinter(Output out) {
        this.out = out;
    }

    @Override
    public void onText(String chunk) {
        begun = true;
        out.printExact(chunk);
    }

    /** @param asking a request with this as its listener */
    Answer print(Supplier<Answer> asking) {
        begun = false;
        try {
            Answer answer = asking.get();
            begun = true; // an empty answer is a line too
            return answer;
        } finally {
            if (begun) {
                out.println();
            }
        }
    }

    /** A note for the user if the images were not encoded with SigLIP2, which is the default. */
    static Optional<String> otherVision(Answer answer) {
        return answer.vision()
                .filter(vision -> vision == VisionPath.MAR)
                .map(vision -> "The images were encoded with the MAR encoder, not with SigLIP2.");
    }

    /**
     * A note for the user if the answer is incomplete.
     *
     * @param advice what to do about a limit on its length
     */
    static Optional<String> cutShort(Answer answer, String advice) {
        return switch (answer.finishReason()) {
            case STOP_TOKEN, STOP_SEQUENCE -> Optional.empty();
            case MAX_TOKENS ->
                Optional.of("The answer was cut at " + answer.tokens().size() + " tokens; " + advice + ".");
            case CONTEXT_FULL -> Optional.of("The answer was cut: the model's context is full.");
        };
    }
}
