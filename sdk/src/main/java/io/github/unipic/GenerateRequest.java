package io.github.unipic;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** An image to draw from a prompt, and how. */
public final class GenerateRequest extends ImageRequest {
    private final OptionalInt width;
    private final OptionalInt height;

    private GenerateRequest(Builder builder) {
        super(builder);
        width = builder.width;
        height = builder.height;
    }

    /**
     * Starts a request.
     *
     * @param prompt what to draw
     * @return a builder with nothing else set
     */
    public static Builder builder(String prompt) {
        return new Builder(prompt);
    }

    /**
     * A request with nothing but a prompt.
     *
     * @param prompt what to draw
     * @return the request
     * @throws InvalidRequestException if the prompt is blank or too long, is not valid Unicode or holds NUL
     */
    public static GenerateRequest of(String prompt) {
        return builder(prompt).build();
    }

    /**
     * Reads a request from the text that images carry, the reverse of {@link #toMetadata()}. The text may come from
     * anywhere, other programs included, so anything but a whole, valid request is simply no request. Neither is the
     * text of an image made from another one, which names its {@code task}. Special tokens are never allowed by it: see
     * {@link #metadataAllowsSpecialTokens}.
     *
     * @param metadata text by keyword, as of {@link Image#metadata()}
     * @return a request for that one image; empty if a value is missing, malformed or out of range
     */
    public static Optional<GenerateRequest> fromMetadata(Map<String, String> metadata) {
        return RequestMetadata.read(metadata);
    }

    /**
     * Tells whether special tokens were allowed in the request that drew an image. Whoever made the image may have
     * written so; allow them again only for images that you trust.
     *
     * @param metadata text by keyword, as of {@link Image#metadata()}
     * @return true if it holds a request with {@link Builder#allowSpecialTokens}
     */
    public static boolean metadataAllowsSpecialTokens(Map<String, String> metadata) {
        return RequestMetadata.allowsSpecialTokens(metadata);
    }

    /**
     * The text that an image carries of the request that drew it: {@code prompt}, {@code seed}, {@code Software}, and
     * {@code parameters} (JSON with {@code width}, {@code height}, {@code iterations}, {@code guidance},
     * {@code guidance_schedule}, {@code temperature}, {@code diffusion_steps}, {@code guidance_reuse},
     * {@code token_reuse} and {@code negative_prompt} where there is one, and {@code allow_special_tokens} where it is
     * true). Values that are not set are left out. The seed is the first image's.
     *
     * @return text by keyword, unmodifiable
     */
    public Map<String, String> toMetadata() {
        return RequestMetadata.write(this, width, height);
    }

    @Override
    public Builder toBuilder() {
        return new Builder(this);
    }

    @Override
    void values(List<Object> pairs) {
        pairs.addAll(List.of("width", width, "height", height));
    }

    /**
     * The images' width.
     *
     * @return pixels; empty for the model's default
     */
    public OptionalInt width() {
        return width;
    }

    /**
     * The images' height.
     *
     * @return pixels; empty for the model's default
     */
    public OptionalInt height() {
        return height;
    }

    /** Gathers a request's values; {@link #build()} checks them. Not thread-safe. */
    public static final class Builder extends ImageRequest.Builder<Builder> {
        private OptionalInt width = OptionalInt.empty();
        private OptionalInt height = OptionalInt.empty();

        private Builder(String prompt) {
            super(prompt);
        }

        private Builder(GenerateRequest request) {
            super(request);
            width = request.width;
            height = request.height;
        }

        @Override
        Builder self() {
            return this;
        }

        /**
         * Sets the images' size.
         *
         * @param pixelsWide the width, a multiple of {@link ModelInfo#sizeMultiple}
         * @param pixelsHigh the height, likewise
         * @return this builder
         */
        public Builder size(int pixelsWide, int pixelsHigh) {
            width = OptionalInt.of(pixelsWide);
            height = OptionalInt.of(pixelsHigh);
            return this;
        }

        @Override
        public GenerateRequest build() {
            check();
            width.ifPresent(value -> Values.checkSize(value, height.orElseThrow()));
            return new GenerateRequest(this);
        }
    }
}
