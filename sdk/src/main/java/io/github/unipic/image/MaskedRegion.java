package io.github.unipic.image;

import io.github.unipic.Image;
import io.github.unipic.InpaintRequest;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.Mask;

/**
 * The part of an image that is regenerated: finds the positions that it touches, and restores the source outside it.
 * Immutable and thread-safe.
 */
public final class MaskedRegion {
    private final int width;
    private final int height;
    private final boolean[] pixels;

    public MaskedRegion(Mask mask) {
        width = mask.width();
        height = mask.height();
        pixels = mask.pixels();
    }

    private static void checkSize(String what, Image image, String other, int width, int height) {
        if (image.width() != width || image.height() != height) {
            throw new InvalidRequestException(what + " is " + image.width() + " x " + image.height() + " pixels, but "
                    + other + " is " + width + " x " + height + "; give both the same size");
        }
    }

    /**
     * The positions that have pixels to regenerate. Those in the last column and row may reach beyond the image.
     *
     * @param patch pixels a side of one position
     * @return whether each position has such a pixel, row-major
     */
    public boolean[] positions(int patch) {
        int columns = (width + patch - 1) / patch;
        boolean[] positions = new boolean[columns * ((height + patch - 1) / patch)];
        for (int i = 0; i < pixels.length; i++) {
            if (pixels[i]) {
                positions[i / width / patch * columns + i % width / patch] = true;
            }
        }
        return positions;
    }

    /**
     * Restores the source's pixels outside the mask. At the mask's edge the two images are blended with the mask,
     * blurred by two boxes of radius seam / 2 (one rounded up, one down): a smooth quadratic ramp of seam pixels to
     * either side. Farther away every pixel equals that of one image. Beyond the image's border the mask continues as
     * at the border.
     *
     * @param regenerated the image that the model generated
     * @param source the original image
     * @param seam half the ramp's width, pixels, 0 (hard edge) to {@link InpaintRequest#MAX_SEAM}
     * @return a new image with the text of the regenerated one
     * @throws InvalidRequestException if an image is not of the mask's size, or seam is out of its range
     */
    public Image paste(Image regenerated, Image source, int seam) {
        checkSize("the regenerated image", regenerated, "the mask", width, height);
        checkSize("the source", source, "the mask", width, height);
        if (seam < 0 || seam > InpaintRequest.MAX_SEAM) {
            throw new InvalidRequestException("seam must be 0 to " + InpaintRequest.MAX_SEAM + " pixels, not " + seam);
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
        DecodedImage content = DecodedImage.of(regenerated);
        byte[] replacement = content.rgb();
        for (int i = 0; i < rgb.length; i++) {
            long weight = weights[i / 3];
            rgb[i] = (byte) (((replacement[i] & 0xff) * weight + (rgb[i] & 0xff) * (full - weight) + full / 2) / full);
        }
        return new DecodedImage(width, height, rgb, content.text()).toImage();
    }

    /** Replaces each value by the sum over a window of its line, which is extended by its end values. */
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
