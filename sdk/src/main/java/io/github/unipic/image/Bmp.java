package io.github.unipic.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/**
 * Windows and OS/2 bitmap files with headers of every length, uncompressed or run-length encoded. Done here because
 * Java's own reader refuses most headers and reads missing pixel data as black; with TwelveMonkeys' reader 20 of the
 * tests fail, with commons-imaging's 29.
 */
final class Bmp {
    private static final int FILE_HEADER_BYTES = 14;
    private static final int OLD_HEADER_BYTES = 12;
    private static final int MIN_HEADER_BYTES = 16;
    private static final int OS2_HEADER_BYTES = 64;
    private static final int MAX_HEADER_BYTES = 124;

    /** The offset of the masks: in a long header, or after a short one. */
    private static final int MASKS = FILE_HEADER_BYTES + 40;

    private static final int RLE8 = 1;
    private static final int RLE4 = 2;
    private static final int BIT_FIELDS = 3;
    private static final int ALPHA_BIT_FIELDS = 6;

    private final EncodedImage encoded;
    private final ByteBuffer bmp;
    private final int headerBytes;
    private final int width;
    private final int height;
    private final boolean topDown;
    private final int bits;
    private final int compression;

    private Bmp(EncodedImage encoded) {
        this.encoded = encoded;
        bmp = encoded.buffer(ByteOrder.LITTLE_ENDIAN);
        headerBytes = bmp.getInt(FILE_HEADER_BYTES);
        boolean old = headerBytes == OLD_HEADER_BYTES;
        if (!old && (headerBytes < MIN_HEADER_BYTES || headerBytes > MAX_HEADER_BYTES)) {
            throw encoded.unsupported("a bitmap of an unknown kind");
        }
        long rows = old ? Short.toUnsignedLong(bmp.getShort(20)) : bmp.getInt(22);
        width = old ? Short.toUnsignedInt(bmp.getShort(18)) : bmp.getInt(18);
        encoded.checkSize(width, Math.abs(rows), encoded.asMask() ? 4 : 3);
        height = (int) Math.abs(rows);
        topDown = rows < 0;
        bits = bmp.getShort(old ? 24 : 28);
        compression = headerBytes < 20 ? 0 : bmp.getInt(30);
        checkKind();
    }

    private void checkKind() {
        boolean known = switch (compression) {
            case 0 -> bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
            case RLE8 -> bits == 8;
            case RLE4 -> bits == 4;
            case BIT_FIELDS, ALPHA_BIT_FIELDS ->
                headerBytes != OS2_HEADER_BYTES && (bits == 16 || bits == 24 || bits == 32);
            default -> false; // another format is embedded, which may be of any size
        };
        if (!known) {
            throw encoded.unsupported("a bitmap of " + bits + " bits a pixel and compression " + compression);
        }
    }

    static DecodedImage decode(EncodedImage encoded) {
        return new Bmp(encoded).decode();
    }

    private DecodedImage decode() {
        if (bits > 8) {
            return direct();
        }
        int colors = headerBytes < 36 ? 0 : bmp.getInt(46);
        colors = colors < 1 || colors > 1 << bits ? 1 << bits : colors;
        byte[][] palette = palette(colors);
        byte[] rgb = new byte[width * height * 3];
        int offset = offset(FILE_HEADER_BYTES + headerBytes + colors * entryBytes());
        if (compression == 0) {
            indexed(offset, palette, rgb);
        } else {
            runLengths(bmp.position(offset), palette, rgb);
        }
        return new DecodedImage(width, height, rgb, Map.of());
    }

    /** The offset of the pixels: {@code behind} if the header gives none, or gives the palette's offset. */
    private int offset(int behind) {
        long offset = Integer.toUnsignedLong(bmp.getInt(10));
        int headerEnd = FILE_HEADER_BYTES + headerBytes;
        if (offset == 0 || offset == headerEnd) {
            offset = behind;
        }
        if (offset < headerEnd) {
            throw encoded.damaged("its pixels begin within the header");
        }
        if (offset > bmp.limit()) {
            throw encoded.cutShort();
        }
        return (int) offset;
    }

    private int entryBytes() {
        return headerBytes == OLD_HEADER_BYTES ? 3 : 4;
    }

    /** Red, green and blue of every index; black where the file has no color. */
    private byte[][] palette(int colors) {
        byte[][] palette = new byte[1 << bits][3];
        int at = FILE_HEADER_BYTES + headerBytes;
        for (int i = 0; i < colors; i++, at += entryBytes()) {
            palette[i] = new byte[] {bmp.get(at + 2), bmp.get(at + 1), bmp.get(at)};
        }
        return palette;
    }

    /** The byte where a row begins. All rows but the last are padded to a multiple of 4 bytes. */
    private int row(int offset, int y) {
        long stride = ((long) width * bits + 31) / 32 * 4;
        long start = offset + stride * (topDown ? y : height - 1 - y);
        if (start + ((long) width * bits + 7) / 8 > bmp.limit()) {
            throw encoded.cutShort();
        }
        return (int) start;
    }

    private void indexed(int offset, byte[][] palette, byte[] rgb) {
        int at = 0;
        for (int y = 0; y < height; y++) {
            int row = row(offset, y);
            for (int x = 0; x < width; x++, at += 3) {
                int index = bmp.get(row + (int) ((long) x * bits / 8)) >> shift(x, bits) & (1 << bits) - 1;
                System.arraycopy(palette[index], 0, rgb, at, 3);
            }
        }
    }

    /** By how many bits a pixel's index is shifted within its byte. */
    static int shift(int x, int bits) {
        return 8 - bits - (int) ((long) x * bits % 8);
    }

    private DecodedImage direct() {
        boolean fields = compression != 0;
        int[] masks = fields ? masks() : new int[4];
        if (masks[0] == 0 && masks[1] == 0 && masks[2] == 0) {
            int alpha = fields && bits == 32 ? 0xff00_0000 : 0; // without fields, the fourth byte means nothing
            masks = bits == 16 ? new int[] {0x7c00, 0x3e0, 0x1f, 0} : new int[] {0xff_0000, 0xff00, 0xff, alpha};
        }
        int masksBytes = !fields || headerBytes >= 52 ? 0 : compression == BIT_FIELDS ? 12 : 16;
        int offset = offset(FILE_HEADER_BYTES + headerBytes + masksBytes);
        byte[] rgb = new byte[width * height * 3];
        byte[] alpha = new byte[encoded.asMask() && masks[3] != 0 ? width * height : 0];
        int at = 0;
        for (int y = 0; y < height; y++) {
            int from = row(offset, y);
            for (int x = 0; x < width; x++, from += bits / 8) {
                int pixel = pixel(from);
                if (alpha.length > 0) {
                    alpha[at / 3] = pixelValue(pixel, masks[3]);
                }
                for (int band = 0; band < 3; band++) {
                    rgb[at++] = pixelValue(pixel, masks[band]);
                }
            }
        }
        return new DecodedImage(width, height, rgb, alpha, Map.of());
    }

    /** Which bits hold red, green, blue and alpha. */
    private int[] masks() {
        boolean alpha = compression == ALPHA_BIT_FIELDS || headerBytes >= 56;
        return new int[] {
            bmp.getInt(MASKS), bmp.getInt(MASKS + 4), bmp.getInt(MASKS + 8), alpha ? bmp.getInt(MASKS + 12) : 0
        };
    }

    private int pixel(int at) {
        return switch (bits) {
            case 16 -> Short.toUnsignedInt(bmp.getShort(at));
            case 24 -> Short.toUnsignedInt(bmp.getShort(at)) | Byte.toUnsignedInt(bmp.get(at + 2)) << 16;
            default -> bmp.getInt(at);
        };
    }

    private static byte pixelValue(int pixel, int mask) {
        if (mask == 0) {
            return 0;
        }
        int shift = Integer.numberOfTrailingZeros(mask);
        return (byte) (Integer.toUnsignedLong((pixel & mask) >>> shift) * 255 / Integer.toUnsignedLong(mask >>> shift));
    }

    /** Pixels that a run, a skip or the end of a line passes over get the palette's first color. */
    private void runLengths(ByteBuffer runs, byte[][] palette, byte[] rgb) {
        for (int at = 0; at < rgb.length; at += 3) {
            System.arraycopy(palette[0], 0, rgb, at, 3);
        }
        int x = 0;
        int y = 0;
        while (y < height - 1 || y == height - 1 && x < width) {
            int count = Byte.toUnsignedInt(runs.get());
            int value = Byte.toUnsignedInt(runs.get());
            if (count > 0) {
                for (int i = 0; i < count; i++) {
                    put(rgb, x + i, y, palette[index(value, i)]);
                }
                x = Math.min(width, x + count);
            } else if (value == 0) {
                x = 0;
                y++;
            } else if (value == 1) {
                throw encoded.damaged("its pixel data ends early");
            } else if (value == 2) {
                x = Math.min(width, x + Byte.toUnsignedInt(runs.get()));
                y += Byte.toUnsignedInt(runs.get());
            } else if (x + value > width) {
                throw encoded.damaged("a row of too many pixels at byte " + runs.position());
            } else {
                int start = runs.position();
                int bytes = (value * bits + 7) / 8;
                for (int i = 0; i < value; i++) {
                    put(rgb, x + i, y, palette[index(runs.get(start + i * bits / 8), i)]);
                }
                x = Math.min(width, x + value);
                runs.position(Math.min(runs.limit(), start + bytes + bytes % 2));
            }
        }
    }

    private int index(int value, int i) {
        return bits == 8 ? value & 0xff : value >> (i % 2 == 0 ? 4 : 0) & 0xf;
    }

    /** Pixels beyond the row's end are dropped. */
    private void put(byte[] rgb, int x, int y, byte[] color) {
        if (x < width) {
            int row = topDown ? y : height - 1 - y;
            System.arraycopy(color, 0, rgb, (row * width + x) * 3, 3);
        }
    }
}
