package io.github.unipic.image;

import io.github.unipic.ImageFormatException;
import io.github.unipic.ReadOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** An image file's bytes, not checked yet, and the errors that reading them can give. */
final class EncodedImage {
    /** Default heap for each pixel: decoded samples, and the pixel values made of them. */
    private static final double BYTES_PER_PIXEL = 6;

    private final String name;
    private final byte[] bytes;
    private final ReadOptions options;
    private final boolean asMask;
    private String size = "";

    /**
     * Takes an image.
     *
     * @param name for errors
     * @param bytes the whole file; not copied
     * @param options how to read it
     * @param asMask see {@link #asMask}
     */
    EncodedImage(String name, byte[] bytes, ReadOptions options, boolean asMask) {
        this.name = name;
        this.bytes = bytes;
        this.options = options;
        this.asMask = asMask;
    }

    /** An image that is read for its colors. */
    EncodedImage(String name, byte[] bytes, ReadOptions options) {
        this(name, bytes, options, false);
    }

    String name() {
        return name;
    }

    byte[] bytes() {
        return bytes;
    }

    ReadOptions options() {
        return options;
    }

    /** Whether to read alpha too, and to scale 16-bit gray to 8 bits instead of clipping it. */
    boolean asMask() {
        return asMask;
    }

    /** The bytes; reading past their end throws unchecked, which {@link ImageReader} reports as cut short. */
    ByteBuffer buffer(ByteOrder order) {
        return ByteBuffer.wrap(bytes).order(order);
    }

    /** Whether the bytes have an ASCII text at an index; false if they end before. */
    boolean holds(int at, String ascii) {
        byte[] expected = ascii.getBytes(StandardCharsets.ISO_8859_1);
        if (at < 0 || at > bytes.length - expected.length) {
            return false;
        }
        for (int i = 0; i < expected.length; i++) {
            if (bytes[at + i] != expected[i]) {
                return false;
            }
        }
        return true;
    }

    /** Checks the header's size before any pixel is read. */
    void checkSize(long width, long height) {
        checkSize(width, height, BYTES_PER_PIXEL);
    }

    /**
     * Checks the header's size before any pixel is read: the caller must allow it, and the heap must have room for it.
     *
     * @param bytesPerPixel the heap that reading takes for each pixel at its peak, its result included
     */
    void checkSize(long width, long height, double bytesPerPixel) {
        checkPixels(width, height);
        long needed = (long) (width * height * bytesPerPixel);
        if (needed > freeHeap(needed)) {
            throw new ImageFormatException(name + " is " + size + ", which take " + mebibytes(needed)
                    + " of memory to read, more than Java has left of its " + memoryAndWaysOut());
        }
    }

    /** Checks only that the caller allows the size: for sizes that do not determine the memory that reading takes. */
    void checkPixels(long width, long height) {
        if (width < 1 || height < 1 || width > options.maxPixels() / height) {
            throw new ImageFormatException(name + " is " + width + " x " + height + " pixels; 1 to "
                    + options.maxPixels() + " pixels can be read, see ReadOptions.maxPixels");
        }
        size = width + " x " + height + " pixels";
    }

    /** Free heap in bytes. Garbage counts as free, but is collected only before an image would be refused. */
    private static long freeHeap(long needed) {
        Runtime java = Runtime.getRuntime();
        long free = java.maxMemory() - java.totalMemory() + java.freeMemory();
        if (needed > free && needed < java.maxMemory()) {
            System.gc();
            free = java.maxMemory() - java.totalMemory() + java.freeMemory();
        }
        return free;
    }

    /** Memory can run out in spite of {@link #checkSize}: other threads take some, and arrays must be contiguous. */
    ImageFormatException outOfMemory() {
        String what = size.isEmpty() ? mebibytes(bytes.length) + " long" : size;
        return new ImageFormatException(name + " is " + what
                + ", which take more memory to read than Java has left of its " + memoryAndWaysOut());
    }

    private static String memoryAndWaysOut() {
        return mebibytes(Runtime.getRuntime().maxMemory())
                + "; give it more (-Xmx) or save the image smaller; ReadOptions.maxPixels limits what is read";
    }

    private static String mebibytes(long bytes) {
        return (bytes + (1 << 20) - 1 >> 20) + " MiB";
    }

    ImageFormatException cutShort() {
        return new ImageFormatException(name + " is cut short: only " + bytes.length + " bytes; get a fresh copy");
    }

    ImageFormatException damaged(String how) {
        return new ImageFormatException(name + " is damaged: " + how + "; get a fresh copy");
    }

    ImageFormatException unsupported(String what) {
        return new ImageFormatException(name + " is " + what + ", which cannot be read; save it as PNG");
    }
}
