package io.github.unipic.image;

import io.github.unipic.Image;
import java.awt.image.BufferedImage;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The part of an image file that this library uses, and the content of an {@link Image}. The arrays and the map are not
 * copied; once an image shares them, they are never written to.
 *
 * @param width pixels
 * @param height pixels
 * @param rgb 8-bit red, green, blue of each pixel, row-major
 * @param alpha 8-bit alpha of each pixel, row-major, 0 is transparent; empty if the file has none or it was not asked
 *     for
 * @param text text by keyword
 */
public record DecodedImage(int width, int height, byte[] rgb, byte[] alpha, Map<String, String> text) {
    /** The longest text of one keyword, in bytes. */
    public static final int MAX_TEXT_BYTES = 1 << 20;

    /** The most texts of one image. */
    public static final int MAX_TEXTS = 256;

    /** The most bytes of all texts of one image. */
    public static final int MAX_TEXTS_BYTES = 16 << 20;

    // PNG's rule: 1 to 79 printable Latin-1 characters, single spaces within only.
    private static final Pattern KEYWORD = Pattern.compile("(?! )(?!.* $)(?!.* {2})[ -~\u00a1-\u00ff]{1,79}");

    // Set by Image when its class is initialized, as only Image can access its content.
    private static volatile Function<Image, DecodedImage> contentOf;
    private static volatile Function<DecodedImage, Image> imageOf;

    /** Without alpha. */
    public DecodedImage(int width, int height, byte[] rgb, Map<String, String> text) {
        this(width, height, rgb, new byte[0], text);
    }

    /** Whether a text can have this keyword, in files and in {@link Image#withMetadata}. */
    public static boolean isKeyword(String keyword) {
        return KEYWORD.matcher(keyword).matches();
    }

    /**
     * For {@link Image} only: gives access to an image's content, and to making an image, without copying pixels.
     *
     * @param content gives an image's content
     * @param image makes an image
     */
    public static void connect(Function<Image, DecodedImage> content, Function<DecodedImage, Image> image) {
        contentOf = content;
        imageOf = image;
    }

    /**
     * The content of an image.
     *
     * @return the image's own arrays, which must not be changed
     */
    public static DecodedImage of(Image image) {
        return contentOf.apply(image);
    }

    /**
     * Makes an image.
     *
     * @return an image that shares these arrays, which must not be changed any more
     */
    public Image toImage() {
        if (imageOf == null) {
            Image.ofRgb(1, 1, new byte[3]); // initializes the class
        }
        return imageOf.apply(this);
    }

    /**
     * The pixels as Java's own type.
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
