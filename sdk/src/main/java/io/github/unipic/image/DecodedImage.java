package io.github.unipic.image;

import io.github.unipic.Image;
import java.awt.image.BufferedImage;
import java.util.Map;
import java.util.function.Function;

/**
 * What an image file holds, as far as this library is concerned, and what an {@link Image} is made of. The arrays and
 * the map are not copied: what an image shares is never written to.
 *
 * @param width pixels
 * @param height pixels
 * @param rgb 8-bit red, green, blue of each pixel, row-major
 * @param alpha 8-bit alpha of each pixel, row-major, 0 is transparent; empty if the file has none, or it is not wanted
 * @param text text by keyword
 */
public record DecodedImage(int width, int height, byte[] rgb, byte[] alpha, Map<String, String> text) {
    /** The longest text of one keyword, in bytes. */
    public static final int MAX_TEXT_BYTES = 1 << 20;

    /** The most texts of one image. */
    public static final int MAX_TEXTS = 256;

    /** The most bytes of all texts of one image. */
    public static final int MAX_TEXTS_BYTES = 16 << 20;

    // Image's own code sets them when the class is initialized, as only it sees what it is made of.
    private static volatile Function<Image, DecodedImage> contentOf;
    private static volatile Function<DecodedImage, Image> imageOf;

    /** Without alpha. */
    public DecodedImage(int width, int height, byte[] rgb, Map<String, String> text) {
        this(width, height, rgb, new byte[0], text);
    }

    /**
     * For {@link Image} alone: says how to look into an image, and how to make one, without copying pixels.
     *
     * @param content gives what an image is made of
     * @param image makes an image
     */
    public static void connect(Function<Image, DecodedImage> content, Function<DecodedImage, Image> image) {
        contentOf = content;
        imageOf = image;
    }

    /**
     * What an image is made of.
     *
     * @return the image's own arrays, which must not change
     */
    public static DecodedImage of(Image image) {
        return contentOf.apply(image);
    }

    /**
     * Makes an image.
     *
     * @return an image of these arrays, which must not change from now on
     */
    public Image toImage() {
        if (imageOf == null) {
            Image.ofRgb(1, 1, new byte[3]); // initializes the class
        }
        return imageOf.apply(this);
    }

    /**
     * Gives the pixels as Java's own type.
     *
     * @return a new image of type {@link BufferedImage#TYPE_INT_RGB}
     */
    public BufferedImage toBufferedImage() {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        int[] row = new int[width];
        int at = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                row[x] = (rgb[at++] & 0xff) << 16 | (rgb[at++] & 0xff) << 8 | rgb[at++] & 0xff;
            }
            image.getRaster().setDataElements(0, y, width, 1, row);
        }
        return image;
    }
}
