package io.github.unipic.server.openai;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.github.unipic.Answer;
import java.util.List;
import java.util.Optional;

/** The answer to a conversation, whole. */
record ChatResponse(String id, String object, long created, String model, List<Choice> choices, Usage usage) {
    record Choice(
            int index,
            Text message,
            @JsonProperty("finish_reason") String finishReason) {}

    record Text(String role, String content) {}

    record Usage(
            @JsonProperty("prompt_tokens") int promptTokens,
            @JsonProperty("completion_tokens") int completionTokens,
            @JsonProperty("total_tokens") int totalTokens,
            @JsonProperty("prompt_tokens_details") Details promptTokensDetails) {
        record Details(@JsonProperty("cached_tokens") int cachedTokens) {}

        static Usage of(Answer answer) {
            int generated = answer.tokens().size();
            return new Usage(
                    answer.promptTokens(),
                    generated,
                    answer.promptTokens() + generated,
                    new Details(answer.cachedTokens()));
        }
    }

    /** A part of the answer. */
    record Chunk(
            String id, String object, long created, String model, List<ChunkChoice> choices, Optional<Usage> usage) {}

    record ChunkChoice(
            int index,
            Delta delta,
            @JsonProperty("finish_reason") Optional<String> finishReason) {}

    /** What a chunk adds. Each one names the role, since clients take it from any. */
    record Delta(Optional<String> role, Optional<String> content) {
        static final Delta NOTHING = new Delta(Optional.empty(), Optional.empty());

        static Delta text(String text) {
            return new Delta(Optional.of("assistant"), Optional.of(text));
        }
    }

    static String finishReason(Answer answer) {
        return switch (answer.finishReason()) {
            case STOP_TOKEN, STOP_SEQUENCE -> "stop";
            case MAX_TOKENS, CONTEXT_FULL -> "length";
        };
    }
}
