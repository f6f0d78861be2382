package io.github.unipic.batch;

import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.ReadOptions;
import java.util.Arrays;

/** Editing makes squares. An image of another shape is padded to one before, and cut back to its shape after it. */
final class SquarePadding {
    /** What the model itself pads images with when it describes them. */
    private static final byte GRAY = 127;

    private static final int CHANNELS = 3;

    private SquarePadding() {}

    /** The image in the middle of the smallest square that contains it. */
    static Image pad(Image image) {
        int side = Math.max(image.width(), image.height());
        if (image.width() == image.height()) {
            return image;
        }
        if ((long) side * side > ReadOptions.DEFAULT.maxPixels()) {
            throw new InvalidRequestException("an image of " + image.width() + " x " + image.height()
                    + " pixels is too long to be padded to a square; leave \"pad\" out");
        }
        int left = (side - image.width()) / 2;
        int top = (side - image.height()) / 2;
        byte[] source = image.rgb();
        byte[] rgb = new byte[side * side * CHANNELS];
        Arrays.fill(rgb, GRAY);
        int row = image.width() * CHANNELS;
        for (int y = 0; y < image.height(); y++) {
            System.arraycopy(source, y * row, rgb, ((top + y) * side + left) * CHANNELS, row);
        }
        return Image.ofRgb(side, side, rgb);
    }

    /**
     * Cuts the part out of an edited square where the image of the given size was, and keeps the text.
     *
     * @param width of the image before it was padded
     * @param height of it
     */
    static Image cut(Image square, int width, int height) {
        int side = Math.max(width, height);
        if (width == height) {
            return square;
        }
        int cutWidth = Math.max(1, scaled(width, square.width(), side));
        int cutHeight = Math.max(1, scaled(height, square.height(), side));
        int left = Math.min(scaled((side - width) / 2, square.width(), side), square.width() - cutWidth);
        int top = Math.min(scaled((side - height) / 2, square.height(), side), square.height() - cutHeight);
        byte[] source = square.rgb();
        byte[] rgb = new byte[cutWidth * cutHeight * CHANNELS];
        int row = cutWidth * CHANNELS;
        for (int y = 0; y < cutHeight; y++) {
            System.arraycopy(source, ((top + y) * square.width() + left) * CHANNELS, rgb, y * row, row);
        }
        return Image.ofRgb(cutWidth, cutHeight, rgb).withMetadata(square.metadata());
    }

    private static int scaled(int pixels, int side, int sourceSide) {
        return Math.toIntExact(((long) pixels * side + sourceSide / 2) / sourceSide);
    }
}
