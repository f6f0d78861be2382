package io.github.unipic;

import io.github.unipic.image.MaskPixels;
import java.nio.file.Path;

/** Which pixels of an image are to be regenerated. Immutable and thread-safe. */
public final class Mask {
    private final int width;
    private final int height;
    private final boolean[] pixels;

    private Mask(MaskPixels content) {
        width = content.width();
        height = content.height();
        pixels = content.regenerated();
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
        return new Mask(MaskPixels.read(file, options, channel));
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
        return new Mask(MaskPixels.decode(bytes, options, channel));
    }

    /**
     * Makes a mask of an image: where it is white, it is to be regenerated. That is where its gray level is at least
     * 128 of 255; gray is (19595 R + 38470 G + 7471 B + 32768) / 65536, cut to a whole number, as Pillow's
     * {@code convert("L")}.
     *
     * @param image the image
     * @return the mask, of the same size
     */
    public static Mask of(Image image) {
        return new Mask(MaskPixels.ofGray(image));
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
