package io.github.unipic;

import java.util.List;
import java.util.Optional;

/**
 * What the model said.
 *
 * @param text of the answer
 * @param tokens chosen, the one that ended the answer included
 * @param vision which encoder looked at the turn's images; empty for a turn without images
 */
public record Answer(String text, List<Integer> tokens, Ending ending, Optional<VisionPath> vision) {
    /** Why an answer ended. */
    public enum Ending {
        /** The model said that it was done. */
        STOP_TOKEN,
        /** A stop string came; it is not part of the text. */
        STOP_STRING,
        /** The request's most tokens were reached. */
        MAX_TOKENS,
        /** The model's context has no room for more. */
        CONTEXT_FULL
    }

    /** Copies the list. */
    public Answer {
        tokens = List.copyOf(tokens);
    }
}
