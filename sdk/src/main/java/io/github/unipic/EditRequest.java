package io.github.unipic;

import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/** An image to change as an instruction says. Its middle square is resized to the square that is made. */
public final class EditRequest extends ImageRequest {
    private final Image source;
    private final OptionalInt size;

    private EditRequest(Builder builder) {
        super(builder);
        source = builder.source;
        size = builder.size;
    }

    /**
     * Starts a request.
     *
     * @param source the image to change
     * @param instruction how to change it
     * @return a builder with nothing else set
     */
    public static Builder builder(Image source, String instruction) {
        return new Builder(source, instruction);
    }

    /**
     * A request with the model's defaults and a random seed.
     *
     * @param source the image to change
     * @param instruction how to change it
     * @return the request
     * @throws InvalidRequestException if the instruction is blank or too long, is not valid Unicode or holds NUL
     */
    public static EditRequest of(Image source, String instruction) {
        return builder(source, instruction).build();
    }

    @Override
    public Builder toBuilder() {
        return new Builder(this);
    }

    @Override
    void values(List<Object> pairs) {
        pairs.addAll(List.of("source", source, "size", size));
    }

    /**
     * The image to change.
     *
     * @return the image, of any shape
     */
    public Image source() {
        return source;
    }

    /**
     * Width and height of the images to make.
     *
     * @return pixels; empty for the model's default
     */
    public OptionalInt size() {
        return size;
    }

    /** Gathers a request's values; {@link #build()} checks them. Not thread-safe. */
    public static final class Builder extends ImageRequest.Builder<Builder> {
        private Image source;
        private OptionalInt size = OptionalInt.empty();

        private Builder(Image source, String instruction) {
            super(instruction);
            this.source = Objects.requireNonNull(source, "source");
        }

        private Builder(EditRequest request) {
            super(request);
            source = request.source;
            size = request.size;
        }

        @Override
        Builder self() {
            return this;
        }

        /**
         * Sets the image to change.
         *
         * @param image of any shape
         * @return this builder
         */
        public Builder source(Image image) {
            source = Objects.requireNonNull(image, "image");
            return this;
        }

        /**
         * Sets the size of the images to make, which are squares.
         *
         * @param pixels width and height, a multiple of {@link ModelInfo#sizeMultiple}
         * @return this builder
         */
        public Builder size(int pixels) {
            size = OptionalInt.of(pixels);
            return this;
        }

        @Override
        public EditRequest build() {
            check();
            size.ifPresent(pixels -> Values.checkSize(pixels, pixels));
            return new EditRequest(this);
        }
    }
}
