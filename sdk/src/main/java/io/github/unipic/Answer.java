package io.github.unipic;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What the model said.
 *
 * @param text of the answer
 * @param tokens sampled, the one that ended the answer included
 * @param finishReason why the answer ended
 * @param vision which encoder looked at the turn's images; empty for a turn without images
 * @param promptTokens that the answer was generated behind: the conversation before, the images and the question
 * @param cachedTokens of these, those of the conversation before, which were not computed again
 * @param prefill time until the first token could be sampled: encoding images, and the prompt through the language
 *     model
 * @param total time of the whole request
 */
public record Answer(
        String text,
        List<Integer> tokens,
        FinishReason finishReason,
        Optional<VisionPath> vision,
        int promptTokens,
        int cachedTokens,
        Duration prefill,
        Duration total) {
    /** Why an answer ended. */
    public enum FinishReason {
        /** The model said that it was done. */
        STOP_TOKEN,
        /** A stop sequence came; it is not part of the text. */
        STOP_SEQUENCE,
        /** The request's most tokens were reached. */
        MAX_TOKENS,
        /** The model's context has no room for more. */
        CONTEXT_FULL
    }

    /**
     * Copies the list.
     *
     * @param text whole, without a stop sequence
     * @param tokens copied
     * @param finishReason one of the four
     * @param vision empty without images
     * @param promptTokens 1 or more
     * @param cachedTokens 0 to {@code promptTokens}
     * @param prefill part of {@code total}
     * @param total at least {@code prefill}
     */
    public Answer {
        tokens = List.copyOf(tokens);
    }
}
