package io.github.unipic;

import java.awt.Shape;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.nio.file.Path;
import java.util.Arrays;

/** Which pixels of an image are to be regenerated. Immutable and thread-safe. */
public final class Mask {
    private final int width;
    private final int height;
    private final boolean[] pixels;

    /** @param pixels not copied */
    Mask(int width, int height, boolean[] pixels) {
        this.width = width;
        this.height = height;
        this.pixels = pixels;
    }

    /**
     * Reads a file with {@link ReadOptions#DEFAULT} and {@link MaskChannel#AUTO}.
     *
     * @param file the file, of any format that {@link Image#read(Path)} takes
     * @return the mask
     * @throws ImageFormatException as {@link #read(Path, ReadOptions, MaskChannel)}
     */
    public static Mask read(Path file) {
        return read(file, ReadOptions.DEFAULT, MaskChannel.AUTO);
    }

    /**
     * Reads a file of any format that {@link Image#read(Path)} takes.
     *
     * @param file the file; its content counts, not its name
     * @param options whether it is turned upright, and how large it may be; the same as for the image it belongs to
     * @param channel what in it tells which pixels are regenerated
     * @return the mask
     * @throws ImageFormatException if the file cannot be read, as for images, or if it does not tell one mask, as
     *     {@link MaskChannel} says
     */
    public static Mask read(Path file, ReadOptions options, MaskChannel channel) {
        return Image.readMask(file, options, channel);
    }

    /**
     * Reads a mask from memory.
     *
     * @param bytes a whole file, as {@link #read(Path, ReadOptions, MaskChannel)} takes it; not changed
     * @param options whether it is turned upright, and how large it may be; the same as for the image it belongs to
     * @param channel what in it tells which pixels are regenerated
     * @return the mask
     * @throws ImageFormatException as {@link #read(Path, ReadOptions, MaskChannel)}
     */
    public static Mask decode(byte[] bytes, ReadOptions options, MaskChannel channel) {
        return Image.decodeMask(bytes, options, channel);
    }

    /**
     * Makes a mask of an image: where it is white, it is to be regenerated. That is where its gray value is at least
     * 128 of 255; gray is (19595 R + 38470 G + 7471 B + 32768) / 65536, cut to a whole number, as Pillow's
     * {@code convert("L")}.
     *
     * @param image the image
     * @return the mask, of the same size
     */
    public static Mask of(Image image) {
        return image.asMask();
    }

    /**
     * Makes a mask of a shape: what lies within it is regenerated. A pixel does where its center does.
     *
     * @param width of the mask, pixels
     * @param height of the mask, pixels
     * @param shape in pixels from the top left corner; what lies outside the mask does not count
     * @return the mask
     * @throws InvalidRequestException if the size is below 1 pixel or above {@link ReadOptions#MAX_PIXELS}
     */
    public static Mask of(int width, int height, Shape shape) {
        Image.checkSize(width, height);
        boolean[] pixels = new boolean[width * height];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = shape.contains(i % width + 0.5, i / width + 0.5);
        }
        return new Mask(width, height, pixels);
    }

    /**
     * A mask of a rectangle.
     *
     * @param width of the mask, pixels
     * @param height of the mask, pixels
     * @param left edge of the rectangle, pixels from the left, as the other edges may lie outside the mask
     * @param top edge of the rectangle, pixels from the top
     * @param rectangleWidth pixels
     * @param rectangleHeight pixels
     * @return the mask
     * @throws InvalidRequestException as {@link #of(int, int, Shape)}
     */
    public static Mask rectangle(int width, int height, int left, int top, int rectangleWidth, int rectangleHeight) {
        return of(width, height, new Rectangle2D.Double(left, top, rectangleWidth, rectangleHeight));
    }

    /**
     * A mask of an ellipse.
     *
     * @param width of the mask, pixels
     * @param height of the mask, pixels
     * @param left edge of the rectangle around the ellipse, pixels from the left
     * @param top edge of the rectangle around it, pixels from the top
     * @param ellipseWidth pixels
     * @param ellipseHeight pixels
     * @return the mask
     * @throws InvalidRequestException as {@link #of(int, int, Shape)}
     */
    public static Mask ellipse(int width, int height, int left, int top, int ellipseWidth, int ellipseHeight) {
        return of(width, height, new Ellipse2D.Double(left, top, ellipseWidth, ellipseHeight));
    }

    /**
     * A mask of a polygon, by the even-odd rule where its edges cross.
     *
     * @param width of the mask, pixels
     * @param height of the mask, pixels
     * @param corners x and y of each corner in turn, pixels from the top left; the last joins the first
     * @return the mask
     * @throws InvalidRequestException as {@link #of(int, int, Shape)}, or if there are fewer than three corners or an
     *     odd number of coordinates
     */
    public static Mask polygon(int width, int height, double... corners) {
        if (corners.length < 6 || corners.length % 2 != 0) {
            throw new InvalidRequestException(
                    "a polygon needs x and y of at least three corners, not " + corners.length + " coordinates");
        }
        Path2D.Double path = new Path2D.Double(Path2D.WIND_EVEN_ODD);
        path.moveTo(corners[0], corners[1]);
        for (int i = 2; i < corners.length; i += 2) {
            path.lineTo(corners[i], corners[i + 1]);
        }
        path.closePath();
        return of(width, height, path);
    }

    /**
     * The opposite mask.
     *
     * @return a mask that regenerates what this one keeps
     */
    public Mask inverted() {
        boolean[] opposite = new boolean[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            opposite[i] = !pixels[i];
        }
        return new Mask(width, height, opposite);
    }

    /**
     * The width.
     *
     * @return pixels
     */
    public int width() {
        return width;
    }

    /**
     * The height.
     *
     * @return pixels
     */
    public int height() {
        return height;
    }

    /**
     * The pixels.
     *
     * @return a copy: whether each is to be regenerated, row-major
     */
    public boolean[] pixels() {
        return pixels.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Mask mask
                && mask.width == width
                && mask.height == height
                && Arrays.equals(mask.pixels, pixels);
    }

    @Override
    public int hashCode() {
        return 31 * width + Arrays.hashCode(pixels);
    }

    /**
     * Says what this is.
     *
     * @return its size
     */
    @Override
    public String toString() {
        return "Mask[" + width + "x" + height + "]";
    }
}
