package io.github.unipic.image;

import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;

/** Which pixels of a picture are to be redrawn. Immutable and thread-safe. */
public final class Mask {
    /** The widest seam, in pixels. */
    public static final int MAX_SEAM = 128;

    private static final int REDRAW = 128;

    private final int width;
    private final int height;
    private final boolean[] pixels;

    private Mask(int width, int height, boolean[] pixels) {
        this.width = width;
        this.height = height;
        this.pixels = pixels;
    }

    /**
     * Makes a mask of a picture: pixels whose gray level is at least 128 are to be redrawn. Gray is Pillow's
     * {@code convert("L")}: (19595 R + 38470 G + 7471 B + 32768) / 65536, cut to a whole number.
     *
     * @param mask the mask, white where the source is to be redrawn
     * @param source the picture that it belongs to
     * @return the mask
     * @throws InvalidRequestException if the two are not of the same size
     */
    public static Mask of(Image mask, Image source) {
        checkSize("the mask", mask, "the source", source.width(), source.height());
        byte[] rgb = mask.rgb();
        boolean[] pixels = new boolean[rgb.length / 3];
        for (int i = 0; i < pixels.length; i++) {
            int level =
                    19_595 * (rgb[3 * i] & 0xff) + 38_470 * (rgb[3 * i + 1] & 0xff) + 7_471 * (rgb[3 * i + 2] & 0xff);
            pixels[i] = level + 0x8000 >> 16 >= REDRAW;
        }
        return new Mask(mask.width(), mask.height(), pixels);
    }

    private static void checkSize(String what, Image image, String other, int width, int height) {
        if (image.width() != width || image.height() != height) {
            throw new InvalidRequestException(what + " is " + image.width() + " x " + image.height() + " pixels, but "
                    + other + " is " + width + " x " + height + "; give both the same size");
        }
    }

    /**
     * The pixels.
     *
     * @return a copy: whether each is to be redrawn, row-major
     */
    public boolean[] pixels() {
        return pixels.clone();
    }

    /**
     * The tokens that hold pixels to redraw.
     *
     * @param patch the side of a token's cell, pixels; both sides of the mask must be multiples of it
     * @return whether each cell is touched, row-major
     * @throws InvalidRequestException if a side is not a multiple of patch
     */
    public boolean[] tokens(int patch) {
        if (patch < 1 || width % patch != 0 || height % patch != 0) {
            throw new InvalidRequestException("the mask must have sides that are multiples of " + patch
                    + " pixels, not " + width + " x " + height);
        }
        int columns = width / patch;
        boolean[] tokens = new boolean[columns * (height / patch)];
        for (int i = 0; i < pixels.length; i++) {
            if (pixels[i]) {
                tokens[i / width / patch * columns + i % width / patch] = true;
            }
        }
        return tokens;
    }

    /**
     * Puts the source's pixels back outside the mask. Across the mask's edge the two pictures are blended by the mask
     * blurred twice with boxes of radius seam / 2 (rounded up once, once down): a smooth ramp (quadratic, without
     * kinks) that reaches seam pixels to either side; farther off every pixel is exactly the one or the other. Beyond
     * the picture's border the mask goes on as at the border.
     *
     * @param drawn the redrawn picture
     * @param source the picture as it was
     * @param seam half the ramp's width, pixels, 0 (hard edge) to {@link #MAX_SEAM}
     * @return a new picture with the text of the drawn one
     * @throws InvalidRequestException if a picture is not of the mask's size, or seam is out of its range
     */
    public Image paste(Image drawn, Image source, int seam) {
        checkSize("the drawn picture", drawn, "the mask", width, height);
        checkSize("the source", source, "the mask", width, height);
        if (seam < 0 || seam > MAX_SEAM) {
            throw new InvalidRequestException("seam must be 0 to " + MAX_SEAM + " pixels, not " + seam);
        }
        int[] weights = new int[pixels.length];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = pixels[i] ? 1 : 0;
        }
        long full = 1;
        for (int radius : new int[] {seam - seam / 2, seam / 2}) {
            blur(weights, radius, width, 1, height, width);
            blur(weights, radius, height, width, width, 1);
            full *= (long) (2 * radius + 1) * (2 * radius + 1); // at most 129^4, which fits an int
        }
        byte[] rgb = source.rgb();
        byte[] redrawn = drawn.rgb();
        for (int i = 0; i < rgb.length; i++) {
            long weight = weights[i / 3];
            rgb[i] = (byte) (((redrawn[i] & 0xff) * weight + (rgb[i] & 0xff) * (full - weight) + full / 2) / full);
        }
        return Image.ofRgb(width, height, rgb).withMetadata(drawn.metadata());
    }

    /** Replaces each value by the sum over a window of its line; a line goes on beyond its ends as at its ends. */
    private static void blur(int[] values, int radius, int length, int step, int lines, int lineStep) {
        int[] line = new int[length];
        for (int l = 0; l < lines && radius > 0; l++) {
            int start = l * lineStep;
            for (int i = 0; i < length; i++) {
                line[i] = values[start + i * step];
            }
            int sum = 0;
            for (int i = -radius; i <= radius; i++) {
                sum += line[Math.max(0, Math.min(length - 1, i))];
            }
            for (int i = 0; i < length; i++) {
                values[start + i * step] = sum;
                sum += line[Math.min(length - 1, i + radius + 1)] - line[Math.max(0, i - radius)];
            }
        }
    }
}
