package io.github.unipic.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;

/** GIF files (versions 87a and 89a): their first frame, on the whole canvas. The rest is ignored and may be missing. */
final class Gif {
    private static final int IMAGE = 0x2c;
    private static final int EXTENSION = 0x21;
    private static final int TRAILER = 0x3b;
    private static final int GRAPHIC_CONTROL = 0xf9;
    private static final int INTERLACED = 0x40;
    private static final int OPAQUE = -1;

    private final EncodedImage encoded;
    private final ByteBuffer gif;

    private Gif(EncodedImage encoded) {
        this.encoded = encoded;
        gif = encoded.buffer(ByteOrder.LITTLE_ENDIAN).position(6);
    }

    static DecodedImage decode(EncodedImage encoded) {
        return new Gif(encoded).decode();
    }

    private DecodedImage decode() {
        int canvasWidth = u16();
        int canvasHeight = u16();
        int flags = gif.get();
        gif.getShort(); // background color, which decoders ignore, and aspect ratio
        byte[] palette = palette(flags);

        int transparent = skipToImage();
        int left = u16();
        int top = u16();
        int width = u16();
        int height = u16();
        flags = gif.get();
        byte[] ownPalette = palette(flags);
        palette = ownPalette.length > 0 ? ownPalette : palette;

        int fullWidth = Math.max(canvasWidth, left + width);
        int fullHeight = Math.max(canvasHeight, top + height);
        encoded.checkPixels(width, height);
        encoded.checkSize(fullWidth, fullHeight, encoded.asMask() ? 6 : 5);
        byte[] frame = new GifPixels(encoded, gif).decode(width * height);
        // Around a smaller frame: the transparent color, or the palette's first.
        byte[] canvas = new byte[fullWidth * fullHeight];
        Arrays.fill(canvas, (byte) Math.max(0, transparent));
        int[] rows = (flags & INTERLACED) != 0 ? interlaced(height) : new int[] {};
        for (int y = 0; y < height; y++) {
            int row = rows.length > 0 ? rows[y] : y;
            System.arraycopy(frame, y * width, canvas, (top + row) * fullWidth + left, width);
        }
        byte[] alpha = encoded.asMask() && transparent != OPAQUE ? alpha(canvas, transparent) : new byte[0];
        return new DecodedImage(fullWidth, fullHeight, toRgb(canvas, palette), alpha, Map.of());
    }

    /** Moves to the first image's description, and returns the index of its transparent color. */
    private int skipToImage() {
        int transparent = OPAQUE;
        while (true) {
            int block = Byte.toUnsignedInt(gif.get());
            if (block == IMAGE) {
                return transparent;
            } else if (block == EXTENSION) {
                int label = Byte.toUnsignedInt(gif.get());
                if (label == GRAPHIC_CONTROL && (gif.get(gif.position() + 1) & 1) != 0) {
                    transparent = Byte.toUnsignedInt(gif.get(gif.position() + 4));
                }
                for (int size = Byte.toUnsignedInt(gif.get()); size != 0; size = Byte.toUnsignedInt(gif.get())) {
                    gif.position(gif.position() + size);
                }
            } else if (block == TRAILER) {
                throw encoded.damaged("a GIF file without an image");
            } else if (block != 0) { // an extra block terminator does no harm
                throw encoded.damaged("an unknown GIF block at byte " + (gif.position() - 1));
            }
        }
    }

    private int u16() {
        return Short.toUnsignedInt(gif.getShort());
    }

    /** Red, green and blue of each index; empty if there is none. */
    private byte[] palette(int flags) {
        byte[] palette = new byte[(flags & 0x80) == 0 ? 0 : 6 << (flags & 7)];
        gif.get(palette);
        return palette;
    }

    /** The image row of each stored row: first every eighth, then those in between in three passes. */
    private static int[] interlaced(int height) {
        int[] rows = new int[height];
        int at = 0;
        for (int[] pass : new int[][] {{0, 8}, {4, 8}, {2, 4}, {1, 2}}) {
            for (int y = pass[0]; y < height; y += pass[1]) {
                rows[at++] = y;
            }
        }
        return rows;
    }

    /** Indices beyond the palette are black; without any palette, they are gray values. */
    private static byte[] toRgb(byte[] indices, byte[] palette) {
        byte[] colors = Arrays.copyOf(palette, 256 * 3);
        for (int i = 0; i < colors.length && palette.length == 0; i++) {
            colors[i] = (byte) (i / 3);
        }
        byte[] rgb = new byte[indices.length * 3];
        for (int i = 0; i < indices.length; i++) {
            System.arraycopy(colors, (indices[i] & 0xff) * 3, rgb, i * 3, 3);
        }
        return rgb;
    }

    private static byte[] alpha(byte[] indices, int transparent) {
        byte[] alpha = new byte[indices.length];
        for (int i = 0; i < alpha.length; i++) {
            alpha[i] = (byte) ((indices[i] & 0xff) == transparent ? 0 : 255);
        }
        return alpha;
    }
}
