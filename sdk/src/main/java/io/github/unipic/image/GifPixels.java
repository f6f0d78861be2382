package io.github.unipic.image;

import java.nio.ByteBuffer;

/**
 * The pixels of one image in a GIF file: LZW with codes of growing width, in blocks of up to 255 bytes (GIF89a,
 * appendix F). Done here because Java's own reader accepts pixel data that ends early, and reads on when all pixels are
 * complete (13 of the tests fail with it); commons-imaging's misreads 1-bit codes, frames smaller than the canvas and
 * files without a trailer (11).
 */
final class GifPixels {
    private static final int MAX_CODES = 1 << 12;
    private static final int NONE = -1;

    private final EncodedImage encoded;
    private final ByteBuffer gif;
    private int left; // bytes of the current block
    private int bits;
    private int bitCount;

    // Each code means the string of its prefix code, followed by one index.
    private final short[] prefixes = new short[MAX_CODES];
    private final byte[] suffixes = new byte[MAX_CODES];
    private final byte[] firsts = new byte[MAX_CODES];
    private final short[] lengths = new short[MAX_CODES];

    /**
     * Takes a file.
     *
     * @param gif at the byte that gives the width of codes
     */
    GifPixels(EncodedImage encoded, ByteBuffer gif) {
        this.encoded = encoded;
        this.gif = gif;
    }

    /**
     * Reads the given number of pixels, and no further.
     *
     * @return indices of colors
     * @throws io.github.unipic.ImageFormatException if there are fewer
     * @throws java.nio.BufferUnderflowException if the file ends before that
     */
    byte[] decode(int count) {
        int firstWidth = Byte.toUnsignedInt(gif.get());
        if (firstWidth > 8) {
            throw encoded.damaged("GIF codes of " + firstWidth + " bits");
        }
        int clear = 1 << firstWidth;
        for (int code = 0; code < clear; code++) {
            suffixes[code] = firsts[code] = (byte) code;
            lengths[code] = 1;
        }
        byte[] pixels = new byte[count];
        int next = clear + 2;
        int width = firstWidth + 1;
        int previous = NONE;
        int at = 0;
        while (at < count) {
            int code = code(width);
            if (code == clear) {
                next = clear + 2;
                width = firstWidth + 1;
                previous = NONE;
                continue;
            }
            if (code == clear + 1) {
                throw encoded.damaged("its pixel data ends early");
            }
            if (previous == NONE ? code > clear : code > next) {
                throw encoded.damaged("an invalid GIF code");
            }
            if (previous != NONE && next < MAX_CODES) {
                prefixes[next] = (short) previous;
                suffixes[next] = firsts[code == next ? previous : code];
                firsts[next] = firsts[previous];
                lengths[next] = (short) (lengths[previous] + 1);
                next++;
            }
            if (next >= 1 << width && next < MAX_CODES) {
                width++;
            }
            at = write(code, pixels, at);
            previous = code;
        }
        return pixels;
    }

    /** Writes a code's string from its end; indices beyond the pixels are dropped. */
    private int write(int code, byte[] pixels, int start) {
        int end = start + lengths[code];
        for (int at = end - 1; at >= start; at--) {
            if (at < pixels.length) {
                pixels[at] = suffixes[code];
            }
            code = prefixes[code];
        }
        return end;
    }

    private int code(int width) {
        while (bitCount < width) {
            if (left == 0) {
                left = Byte.toUnsignedInt(gif.get());
                if (left == 0) {
                    throw encoded.damaged("its pixel data ends early");
                }
            }
            bits |= Byte.toUnsignedInt(gif.get()) << bitCount;
            bitCount += 8;
            left--;
        }
        int code = bits & (1 << width) - 1;
        bits >>>= width;
        bitCount -= width;
        return code;
    }
}
