package io.github.unipic;

import java.util.List;
import java.util.Objects;

/**
 * An image of which a part is regenerated, after a prompt that says what the whole image shows. The result has the size
 * of the source, whatever that is.
 */
public final class InpaintRequest extends ImageRequest {
    private static final int DEFAULT_SEAM = 8;
    /** The widest seam, in pixels. */
    public static final int MAX_SEAM = 128;

    private static final int MAX_MARGIN = 1 << 14;

    private final Image source;
    private final Mask mask;
    private final int seam;

    private InpaintRequest(Builder builder) {
        super(builder);
        source = builder.source;
        mask = builder.mask;
        seam = builder.seam;
    }

    /**
     * Starts a request.
     *
     * @param source the image
     * @param mask of the same size: which pixels are regenerated
     * @param prompt what the whole image shows
     * @return a builder with nothing else set
     */
    public static Builder builder(Image source, Mask mask, String prompt) {
        return new Builder(source, mask, prompt);
    }

    /**
     * Starts a request to continue an image beyond its edges. The new margin starts as the stretched edge, so that the
     * tokens beside it are encoded from a plausible neighborhood.
     *
     * @param source the image
     * @param left pixels to add there, 0 to 16384, as for the other sides
     * @param right pixels
     * @param top pixels
     * @param bottom pixels
     * @param prompt what the whole image shows
     * @return a builder with the larger image as its source, and the margin as its mask
     * @throws InvalidRequestException if a margin is out of its range, none is above 0, or the whole is too large
     */
    public static Builder extending(Image source, int left, int right, int top, int bottom, String prompt) {
        for (int margin : new int[] {left, right, top, bottom}) {
            if (margin < 0 || margin > MAX_MARGIN) {
                throw new InvalidRequestException("a margin must be 0 to " + MAX_MARGIN + " pixels, not " + margin);
            }
        }
        if (left + right + top + bottom == 0) {
            throw new InvalidRequestException("extend at least one side by 1 pixel or more");
        }
        int width = source.width() + left + right;
        int height = source.height() + top + bottom;
        Image stretched = source.extended(left, right, top, bottom);
        Mask margin = Mask.rectangle(width, height, left, top, source.width(), source.height())
                .inverted();
        return builder(stretched, margin, prompt);
    }

    @Override
    public Builder toBuilder() {
        return new Builder(this);
    }

    @Override
    void values(List<Object> pairs) {
        pairs.addAll(List.of("source", source, "mask", mask, "seam", seam));
    }

    /**
     * The image.
     *
     * @return the image
     */
    public Image source() {
        return source;
    }

    /**
     * Which pixels are regenerated.
     *
     * @return a mask of the image's size
     */
    public Mask mask() {
        return mask;
    }

    /**
     * How wide the blend along the mask's edge is.
     *
     * @return half its width in pixels, 0 to 128: 0 is a hard edge, so that the mask's pixels alone change; -1 takes
     *     all pixels from the model, which changes the rest a little
     */
    public int seam() {
        return seam;
    }

    /** Gathers a request's values; {@link #build()} checks them. Not thread-safe. */
    public static final class Builder extends ImageRequest.Builder<Builder> {
        private Image source;
        private Mask mask;
        private int seam = DEFAULT_SEAM;

        private Builder(Image source, Mask mask, String prompt) {
            super(prompt);
            region(source, mask);
        }

        private Builder(InpaintRequest request) {
            super(request);
            source = request.source;
            mask = request.mask;
            seam = request.seam;
        }

        @Override
        Builder self() {
            return this;
        }

        /**
         * Sets the image and which of its pixels are regenerated.
         *
         * @param image the image
         * @param regenerated a mask of the same size
         * @return this builder
         */
        public Builder region(Image image, Mask regenerated) {
            source = Objects.requireNonNull(image, "image");
            mask = Objects.requireNonNull(regenerated, "regenerated");
            return this;
        }

        /**
         * Sets how wide the blend along the mask's edge is.
         *
         * @param pixels half its width, 0 to 128, 8 by default; -1 to take all pixels from the model
         * @return this builder
         */
        public Builder seam(int pixels) {
            seam = pixels;
            return this;
        }

        @Override
        public InpaintRequest build() {
            check();
            if (mask.width() != source.width() || mask.height() != source.height()) {
                throw new InvalidRequestException(
                        "the mask is " + mask.width() + " x " + mask.height() + " pixels, the image " + source.width()
                                + " x " + source.height() + "; make them the same size");
            }
            if (seam < -1 || seam > MAX_SEAM) {
                throw new InvalidRequestException("seam must be -1 (none) to " + MAX_SEAM + " pixels, not " + seam);
            }
            return new InpaintRequest(this);
        }
    }
}
