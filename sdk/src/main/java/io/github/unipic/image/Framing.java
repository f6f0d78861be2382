package io.github.unipic.image;

import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.ReadOptions;
import java.util.Arrays;
import java.util.Map;

/** Brings images into a frame without scaling them. New images carry no text. */
public final class Framing {
    private static final byte GRAY = 127;

    private Framing() {}

    /**
     * Checks the size of a new image before its memory is allocated.
     *
     * @param width pixels
     * @param height pixels
     * @throws InvalidRequestException if the size is below 1 pixel or above {@link ReadOptions#MAX_PIXELS}
     */
    public static void checkSize(int width, int height) {
        if (width < 1 || height < 1 || (long) width * height > ReadOptions.MAX_PIXELS) {
            throw new InvalidRequestException("size must be 1 pixel to " + ReadOptions.MAX_PIXELS / 1_000_000
                    + " megapixels, not " + width + " x " + height);
        }
    }

    /**
     * Cuts the largest square out of an image's center. If the rest is odd, one pixel more is cut off at the right or
     * bottom.
     *
     * @param image the source
     * @return the square; the source itself if it is square
     */
    public static Image cropToSquare(Image image) {
        int side = Math.min(image.width(), image.height());
        return crop(image, (image.width() - side) / 2, (image.height() - side) / 2, side, side);
    }

    /**
     * Cuts a rectangle out of an image.
     *
     * @param image the source
     * @param left its left edge in the source, pixels
     * @param top its top edge in the source, pixels
     * @param width its width, pixels
     * @param height its height, pixels
     * @return the rectangle; the source itself if it is all of it
     * @throws InvalidRequestException if the rectangle does not lie within the source
     */
    public static Image crop(Image image, int left, int top, int width, int height) {
        checkSize(width, height);
        if (left < 0 || top < 0 || left > image.width() - width || top > image.height() - height) {
            throw new InvalidRequestException(width + " x " + height + " pixels from " + left + ", " + top
                    + " do not lie within an image of " + image.width() + " x " + image.height());
        }
        if (width == image.width() && height == image.height()) {
            return image;
        }
        byte[] source = DecodedImage.of(image).rgb();
        byte[] rgb = new byte[width * height * 3];
        for (int y = 0; y < height; y++) {
            System.arraycopy(source, ((top + y) * image.width() + left) * 3, rgb, y * width * 3, width * 3);
        }
        return new DecodedImage(width, height, rgb, Map.of()).toImage();
    }

    /**
     * Centers an image in the smallest square that contains it, on gray (127, 127, 127).
     *
     * @param image the source
     * @return the square; the source itself if it is square
     * @throws InvalidRequestException if the square would be too large, see {@link #checkSize}
     */
    public static Image padToSquare(Image image) {
        int side = Math.max(image.width(), image.height());
        if (image.width() == image.height()) {
            return image;
        }
        checkSize(side, side);
        int left = (side - image.width()) / 2;
        int top = (side - image.height()) / 2;
        byte[] source = DecodedImage.of(image).rgb();
        byte[] rgb = new byte[side * side * 3];
        Arrays.fill(rgb, GRAY);
        int rowBytes = image.width() * 3;
        for (int y = 0; y < image.height(); y++) {
            System.arraycopy(source, y * rowBytes, rgb, ((top + y) * side + left) * 3, rowBytes);
        }
        return new DecodedImage(side, side, rgb, Map.of()).toImage();
    }

    /**
     * Enlarges an image by repeating its edge pixels.
     *
     * @param image the source
     * @param left pixels to add on the left; the other sides likewise
     * @return the larger image
     * @throws InvalidRequestException if it would be too large, see {@link #checkSize}
     */
    public static Image extend(Image image, int left, int right, int top, int bottom) {
        int width = image.width() + left + right;
        int height = image.height() + top + bottom;
        checkSize(width, height);
        byte[] source = DecodedImage.of(image).rgb();
        byte[] rgb = new byte[3 * width * height];
        for (int y = 0; y < height; y++) {
            int fromY = Math.max(0, Math.min(image.height() - 1, y - top));
            for (int x = 0; x < width; x++) {
                int fromX = Math.max(0, Math.min(image.width() - 1, x - left));
                System.arraycopy(source, 3 * (fromY * image.width() + fromX), rgb, 3 * (y * width + x), 3);
            }
        }
        return new DecodedImage(width, height, rgb, Map.of()).toImage();
    }
}
