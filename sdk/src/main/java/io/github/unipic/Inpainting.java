package io.github.unipic;

import io.github.unipic.image.Framing;
import io.github.unipic.image.MaskedRegion;
import java.util.Objects;

/**
 * An image of which a part is to be drawn anew.
 *
 * @param source the image
 * @param mask of the same size: which pixels are drawn anew
 * @param seam half the width in pixels, up to 128, of the soft edge along which the source's own pixels are put back; 0
 *     for a hard edge, -1 to take all pixels from the model, which changes the rest a little
 */
public record Inpainting(Image source, Mask mask, int seam) {
    private static final int DEFAULT_SEAM = 8;
    private static final int PATCH = 16;

    /** Refuses a mask of another size, and a seam below -1 or above 128. */
    public Inpainting {
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(mask, "mask");
        if (mask.width() != source.width() || mask.height() != source.height()) {
            throw new InvalidRequestException("the mask is " + mask.width() + " x " + mask.height()
                    + " pixels, the image " + source.width() + " x " + source.height() + "; make them the same size");
        }
        if (seam < -1 || seam > MaskedRegion.MAX_SEAM) {
            throw new InvalidRequestException(
                    "seam must be -1 (none) to " + MaskedRegion.MAX_SEAM + " pixels, not " + seam);
        }
    }

    /**
     * With a mask that is white (128 and above) where to draw anew, and black where not; see {@link Mask#of(Image)}.
     */
    public Inpainting(Image source, Image mask, int seam) {
        this(source, Mask.of(mask), seam);
    }

    /** With a seam of {@value #DEFAULT_SEAM} pixels. */
    public static Inpainting of(Image source, Mask mask) {
        return new Inpainting(source, mask, DEFAULT_SEAM);
    }

    /** With a mask that is white where to draw anew, and a seam of {@value #DEFAULT_SEAM} pixels. */
    public static Inpainting of(Image source, Image mask) {
        return new Inpainting(source, mask, DEFAULT_SEAM);
    }

    /**
     * An image to be continued beyond its edges, by pixels that are multiples of 16. The new margin starts as the
     * stretched edge, so that the tokens beside it are encoded from a plausible neighbourhood.
     */
    public static Inpainting extend(Image source, int left, int right, int top, int bottom) {
        for (int margin : new int[] {left, right, top, bottom}) {
            if (margin < 0 || margin % PATCH != 0 || margin > 1 << 14) {
                throw new InvalidRequestException(
                        "a margin must be a multiple of 16 from 0 to 16384 pixels, not " + margin);
            }
        }
        if (left + right + top + bottom == 0) {
            throw new InvalidRequestException("extend at least one side by 16 pixels or more");
        }
        int innerWidth = source.width() / PATCH * PATCH;
        int innerHeight = source.height() / PATCH * PATCH;
        if (innerWidth == 0 || innerHeight == 0) {
            throw new InvalidRequestException("the image is " + source.width() + " x " + source.height()
                    + " pixels; at least 16 x 16 are needed");
        }
        int width = innerWidth + left + right;
        int height = innerHeight + top + bottom;
        Framing.checkSize(width, height);
        byte[] from = source.rgb();
        byte[] image = new byte[3 * width * height];
        byte[] mask = new byte[3 * width * height];
        for (int y = 0; y < height; y++) {
            int fromY = Math.max(0, Math.min(innerHeight - 1, y - top));
            for (int x = 0; x < width; x++) {
                int fromX = Math.max(0, Math.min(innerWidth - 1, x - left));
                int to = 3 * (y * width + x);
                System.arraycopy(from, 3 * (fromY * source.width() + fromX), image, to, 3);
                if (fromX != x - left || fromY != y - top) {
                    mask[to] = mask[to + 1] = mask[to + 2] = (byte) 255;
                }
            }
        }
        return of(Image.ofRgb(width, height, image), Image.ofRgb(width, height, mask));
    }
}
