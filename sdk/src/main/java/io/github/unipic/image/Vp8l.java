package io.github.unipic.image;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A lossless WebP stream (RFC 9649, section 3): pixels by prefix codes, copies of earlier ones, and a cache of colours.
 */
final class Vp8l {
    private static final int SIGNATURE = 0x2f;
    private static final int HEADER_BYTES = 5;
    private static final double HEAP_PER_PIXEL = 7; // ARGB, and the RGB that is made of it
    private static final int MAX_CACHE_BITS = 11;
    private static final int LITERALS = 256;
    private static final int LENGTHS = 24;
    private static final int DISTANCES = 40;

    /**
     * Near pixels by their distance code, less one: rows up in the high half, 8 less columns to the left in the low.
     */
    private static final byte[] NEAR = {
        0x18, 0x07, 0x17, 0x19, 0x28, 0x06, 0x27, 0x29, 0x16, 0x1a, 0x26, 0x2a, 0x38, 0x05, 0x37, 0x39, 0x15, 0x1b,
        0x36, 0x3a, 0x25, 0x2b, 0x48, 0x04, 0x47, 0x49, 0x14, 0x1c, 0x35, 0x3b, 0x46, 0x4a, 0x24, 0x2c, 0x58, 0x45,
        0x4b, 0x34, 0x3c, 0x03, 0x57, 0x59, 0x13, 0x1d, 0x56, 0x5a, 0x23, 0x2d, 0x44, 0x4c, 0x55, 0x5b, 0x33, 0x3d,
        0x68, 0x02, 0x67, 0x69, 0x12, 0x1e, 0x66, 0x6a, 0x22, 0x2e, 0x54, 0x5c, 0x43, 0x4d, 0x65, 0x6b, 0x32, 0x3e,
        0x78, 0x01, 0x77, 0x79, 0x53, 0x5d, 0x11, 0x1f, 0x64, 0x6c, 0x42, 0x4e, 0x76, 0x7a, 0x21, 0x2f, 0x75, 0x7b,
        0x31, 0x3f, 0x63, 0x6d, 0x52, 0x5e, 0x00, 0x74, 0x7c, 0x41, 0x4f, 0x10, 0x20, 0x62, 0x6e, 0x30, 0x73, 0x7d,
        0x51, 0x5f, 0x40, 0x72, 0x7e, 0x61, 0x6f, 0x50, 0x71, 0x7f, 0x60, 0x70
    };

    private enum Kind {
        PREDICTION,
        CORRELATION,
        GREEN_SUBTRACTED,
        PALETTE
    }

    private final EncodedPicture encoded;
    private final Vp8lBits bits;

    private Vp8l(EncodedPicture encoded, int start, int end) {
        this.encoded = encoded;
        this.bits = new Vp8lBits(encoded.bytes(), start, end);
    }

    /**
     * Decodes a stream.
     *
     * @param start where in the file it begins
     * @param end where it ends
     * @throws io.github.unipic.ImageFormatException if it is too large, damaged or ends early
     */
    static Picture decode(EncodedPicture encoded, int start, int end) {
        if (end - start < HEADER_BYTES || encoded.bytes()[start] != SIGNATURE) {
            throw encoded.damaged("not a lossless WebP stream");
        }
        Vp8lBits header = new Vp8lBits(encoded.bytes(), start + 1, end);
        int width = 1 + header.read(14);
        int height = 1 + header.read(14);
        encoded.checkSize(width, height, encoded.asMask() ? HEAP_PER_PIXEL + 1 : HEAP_PER_PIXEL);
        boolean hasAlpha = header.flag();
        if (header.read(3) != 0) {
            throw encoded.unsupported("a WebP file of a later version");
        }
        int[] argb = new Vp8l(encoded, start + HEADER_BYTES, end).pixels(width, height);
        byte[] rgb = new byte[Math.multiplyExact(argb.length, 3)];
        byte[] alpha = new byte[encoded.asMask() && hasAlpha ? argb.length : 0];
        for (int i = 0; i < argb.length; i++) {
            rgb[3 * i] = (byte) (argb[i] >> 16);
            rgb[3 * i + 1] = (byte) (argb[i] >> 8);
            rgb[3 * i + 2] = (byte) argb[i];
        }
        for (int i = 0; i < alpha.length; i++) {
            alpha[i] = (byte) (argb[i] >> 24);
        }
        return new Picture(width, height, rgb, alpha, Map.of());
    }

    /**
     * Decodes one channel: what stands for green in a stream without a header.
     *
     * @return a byte for each pixel
     */
    static byte[] decodeGreen(EncodedPicture encoded, int start, int end, int width, int height) {
        int[] argb = new Vp8l(encoded, start, end).pixels(width, height);
        byte[] green = new byte[argb.length];
        for (int i = 0; i < green.length; i++) {
            green[i] = (byte) (argb[i] >> 8);
        }
        return green;
    }

    /** Decodes all: what was done to the pixels, and the pixels. */
    private int[] pixels(int width, int height) {
        List<Vp8lTransform> transforms = new ArrayList<>();
        Set<Kind> seen = EnumSet.noneOf(Kind.class);
        int packedWidth = width;
        while (bits.flag()) {
            Kind kind = Kind.values()[bits.read(2)];
            if (!seen.add(kind)) {
                throw damaged();
            }
            transforms.add(0, transform(kind, packedWidth, height));
            if (transforms.get(0) instanceof Vp8lTransform.Palette palette) {
                packedWidth = blocks(packedWidth, palette.bits());
            }
        }
        int[] pixels = image(packedWidth, height, true);
        if (bits.isPastEnd()) {
            throw endsEarly();
        }
        for (Vp8lTransform transform : transforms) {
            pixels = transform.undo(pixels, height);
        }
        return pixels;
    }

    private RuntimeException damaged() {
        return bits.isPastEnd() ? endsEarly() : encoded.damaged("its pixels cannot be decoded");
    }

    private RuntimeException endsEarly() {
        return encoded.damaged("its pixels end early");
    }

    private static int blocks(int size, int blockBits) {
        return (size - 1 >> blockBits) + 1;
    }

    private Vp8lTransform transform(Kind kind, int width, int height) {
        return switch (kind) {
            case GREEN_SUBTRACTED -> new Vp8lTransform.GreenSubtracted();
            case PREDICTION -> {
                int size = 2 + bits.read(3);
                yield new Vp8lTransform.Prediction(
                        width, size, image(blocks(width, size), blocks(height, size), false));
            }
            case CORRELATION -> {
                int size = 2 + bits.read(3);
                yield new Vp8lTransform.Correlation(
                        width, size, image(blocks(width, size), blocks(height, size), false));
            }
            case PALETTE -> palette(width);
        };
    }

    private Vp8lTransform palette(int width) {
        int count = 1 + bits.read(8);
        int packing = count > 16 ? 0 : count > 4 ? 1 : count > 2 ? 2 : 3;
        int[] differences = image(count, 1, false);
        int[] palette = new int[1 << (8 >> packing)];
        for (int i = 0; i < count; i++) {
            palette[i] = Vp8lTransform.add(differences[i], i == 0 ? 0 : palette[i - 1]);
        }
        return new Vp8lTransform.Palette(width, packing, palette);
    }

    /** The five prefix codes of a block: green with lengths and cached colours, red, blue, alpha, and distances. */
    private record Codes(Vp8lCode green, Vp8lCode red, Vp8lCode blue, Vp8lCode alpha, Vp8lCode distance) {}

    /**
     * Reads an image.
     *
     * @param main whether it is that of the pixels, whose blocks may have different codes
     */
    private int[] image(int width, int height, boolean main) {
        boolean cached = bits.flag();
        int cacheBits = cached ? bits.read(4) : 0;
        if (cached && (cacheBits < 1 || cacheBits > MAX_CACHE_BITS)) {
            throw damaged();
        }
        int[] groups = {0};
        int blockBits = 0;
        if (main && bits.flag()) {
            blockBits = 2 + bits.read(3);
            groups = image(blocks(width, blockBits), blocks(height, blockBits), false);
            for (int i = 0; i < groups.length; i++) {
                groups[i] = groups[i] >> 8 & 0xffff; // in red and green
            }
        }
        int across = blocks(width, blockBits);
        Codes[] codes = codes(groups, cached ? 1 << cacheBits : 0);
        Codes current = codes[groups[0]];
        Cache cache = new Cache(cacheBits, new int[1 << cacheBits]);
        int[] pixels = new int[Math.multiplyExact(width, height)];
        int x = 0;
        int y = 0;
        int at = 0;
        while (at < pixels.length) {
            if (groups.length > 1) {
                current = codes[groups[(y >> blockBits) * across + (x >> blockBits)]];
            }
            int symbol = current.green.symbol(bits);
            int count = 1;
            if (symbol < LITERALS) {
                int red = current.red.symbol(bits);
                int blue = current.blue.symbol(bits);
                pixels[at] = current.alpha.symbol(bits) << 24 | red << 16 | symbol << 8 | blue;
            } else if (symbol < LITERALS + LENGTHS) {
                count = number(symbol - LITERALS);
                copy(pixels, at, count, distance(number(current.distance.symbol(bits)), width));
            } else {
                pixels[at] = cache.colors[symbol - LITERALS - LENGTHS];
            }
            if (bits.isPastEnd()) {
                throw endsEarly();
            }
            for (int end = at + count; at < end; at++) {
                cache.add(pixels[at]);
            }
            for (x += count; x >= width; x -= width) {
                y++;
            }
        }
        return pixels;
    }

    /** The colours that came last, by a hash of theirs. */
    private record Cache(int bits, int[] colors) {
        void add(int argb) {
            if (bits > 0) {
                colors[0x1e35a7bd * argb >>> 32 - bits] = argb;
            }
        }
    }

    /** The prefix codes of groups of blocks. Those of groups that no block is in are read, too, but not kept. */
    private Codes[] codes(int[] groups, int cachedColors) {
        BitSet used = new BitSet();
        for (int group : groups) {
            used.set(group);
        }
        Codes[] codes = new Codes[used.length()];
        for (int i = 0; i < codes.length; i++) {
            Codes group = new Codes(
                    code(LITERALS + LENGTHS + cachedColors),
                    code(LITERALS),
                    code(LITERALS),
                    code(LITERALS),
                    code(DISTANCES));
            codes[i] = used.get(i) ? group : null;
        }
        return codes;
    }

    private Vp8lCode code(int size) {
        return Vp8lCode.read(bits, size).orElseThrow(this::damaged);
    }

    /** A length or distance: a symbol tells its size, and bits the rest. */
    private int number(int symbol) {
        if (symbol < 4) {
            return symbol + 1;
        }
        int rest = symbol - 2 >> 1;
        return (2 + (symbol & 1) << rest) + bits.read(rest) + 1;
    }

    private static int distance(int code, int width) {
        if (code > NEAR.length) {
            return code - NEAR.length;
        }
        int near = NEAR[code - 1];
        return Math.max(1, (near >> 4) * width + 8 - (near & 15));
    }

    private void copy(int[] pixels, int at, int count, int distance) {
        if (distance > at || count > pixels.length - at) {
            throw damaged();
        }
        for (int i = at; i < at + count; i++) {
            pixels[i] = pixels[i - distance];
        }
    }
}
