package io.github.unipic.image;

import io.github.unipic.ImageFormatException;
import io.github.unipic.ReadOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** An image as it came: bytes that nobody has checked, and what may be said of them when they turn out wrong. */
final class EncodedImage {
    /**
     * Heap for each pixel where a format does not say otherwise: decoded samples, and the pixel values made of them.
     */
    private static final double BYTES_PER_PIXEL = 6;

    private final String name;
    private final byte[] bytes;
    private final ReadOptions options;
    private final boolean asMask;
    private String size = "";

    /**
     * Takes an image.
     *
     * @param name how errors call it
     * @param bytes the whole file; not copied
     * @param options how it is to be read
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

    /** Whether alpha is wanted too, and gray of 16 bits is to be scaled to 8, not clipped. */
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

    /** Refuses a size, as the header gives it, before any pixel is read. */
    void checkSize(long width, long height) {
        checkSize(width, height, BYTES_PER_PIXEL);
    }

    /**
     * Refuses a size, as the header gives it, before any pixel is read: one that the caller does not allow, or one that
     * takes more memory than there is.
     *
     * @param bytesPerPixel the heap that reading takes at its peak for each pixel, its result included
     */
    void checkSize(long width, long height, double bytesPerPixel) {
        checkPixels(width, height);
        long needed = (long) (width * height * bytesPerPixel);
        if (needed > freeHeap(needed)) {
            throw new ImageFormatException(name + " is " + size + ", which take " + mebibytes(needed)
                    + " of memory to read, more than Java has left of its " + memoryAndWaysOut());
        }
    }

    /** Refuses only what the caller does not allow: for sizes that tell nothing of the memory that reading takes. */
    void checkPixels(long width, long height) {
        if (width < 1 || height < 1 || width > options.maxPixels() / height) {
            throw new ImageFormatException(name + " is " + width + " x " + height + " pixels; 1 to "
                    + options.maxPixels() + " pixels can be read, see ReadOptions.maxPixels");
        }
        size = width + " x " + height + " pixels";
    }

    /** What the heap can still give. Garbage counts as free, but collecting it is worth it only before a refusal. */
    private static long freeHeap(long needed) {
        Runtime java = Runtime.getRuntime();
        long free = java.maxMemory() - java.totalMemory() + java.freeMemory();
        if (needed > free && needed < java.maxMemory()) {
            System.gc();
            free = java.maxMemory() - java.totalMemory() + java.freeMemory();
        }
        return free;
    }

    /** For when memory runs out in spite of {@link #checkSize}: other threads take theirs, and arrays need it whole. */
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
