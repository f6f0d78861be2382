package io.github.unipic.server.openai;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Optional;

/** The answer to a request for images, and the events of its stream. */
record ImagesResponse(
        long created,
        List<Item> data,
        String background,
        @JsonProperty("output_format") String outputFormat,
        String quality,
        String size,
        Usage usage) {
    /** @param seed ours: what draws this image again */
    record Item(@JsonProperty("b64_json") Optional<String> base64, Optional<String> url, long seed) {}

    record Usage(
            @JsonProperty("total_tokens") int totalTokens,
            @JsonProperty("input_tokens") int inputTokens,
            @JsonProperty("output_tokens") int outputTokens,
            @JsonProperty("input_tokens_details") Details inputTokensDetails) {
        record Details(
                @JsonProperty("text_tokens") int textTokens,
                @JsonProperty("image_tokens") int imageTokens) {}

        static Usage of(int textTokens, int imageTokens, int outputTokens) {
            return new Usage(
                    textTokens + imageTokens + outputTokens,
                    textTokens + imageTokens,
                    outputTokens,
                    new Details(textTokens, imageTokens));
        }
    }

    /** A preview. */
    record PartialImage(
            String type,
            @JsonProperty("b64_json") String base64,
            @JsonProperty("created_at") long createdAt,
            String size,
            String quality,
            String background,
            @JsonProperty("output_format") String outputFormat,
            @JsonProperty("partial_image_index") int partialImageIndex,
            @JsonProperty("image_index") int imageIndex) {}

    /** A finished image. */
    record Completed(
            String type,
            @JsonProperty("b64_json") String base64,
            @JsonProperty("created_at") long createdAt,
            String size,
            String quality,
            String background,
            @JsonProperty("output_format") String outputFormat,
            Usage usage,
            @JsonProperty("image_index") int imageIndex,
            long seed) {}

    /** Ours: how many jobs are before this one. */
    record Queued(String type, int position) {}

    /** Ours: how far the images have come. */
    record Progress(
            String type,
            int iteration,
            int iterations,
            @JsonProperty("elapsed_seconds") double elapsedSeconds,
            @JsonProperty("remaining_seconds") Optional<Double> remainingSeconds) {}
}
