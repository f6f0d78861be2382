package io.github.unipic.image;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/** GIF files (versions 87a and 89a): their first frame, on the whole canvas. */
final class Gif {
    private static final int IMAGE = 0x2c;
    private static final int EXTENSION = 0x21;
    private static final int GRAPHIC_CONTROL = 0xf9;
    private static final int TRAILER = 0x3b;
    private static final int NO_FRAME = -1;

    private Gif() {}

    static Picture decode(EncodedPicture encoded) throws IOException {
        ByteBuffer gif = encoded.buffer(ByteOrder.LITTLE_ENDIAN).position(6);
        int width = Short.toUnsignedInt(gif.getShort());
        int height = Short.toUnsignedInt(gif.getShort());
        int flags = gif.get();
        gif.getShort(); // background, which no one draws, and aspect
        skipPalette(gif, flags);

        int frame = NO_FRAME;
        int fill = 0;
        while (true) {
            int block = Byte.toUnsignedInt(gif.get());
            if (block == TRAILER) {
                break;
            } else if (block == IMAGE) {
                if (frame == NO_FRAME) {
                    frame = gif.position();
                }
                skipPalette(gif.position(gif.position() + 8), gif.get());
                gif.get(); // size of LZW codes
                skipBlocks(gif);
            } else if (block == EXTENSION) {
                int label = Byte.toUnsignedInt(gif.get());
                if (label == GRAPHIC_CONTROL && frame == NO_FRAME && (gif.get(gif.position() + 1) & 1) != 0) {
                    fill = Byte.toUnsignedInt(gif.get(gif.position() + 4));
                }
                skipBlocks(gif);
            } else {
                throw encoded.damaged("an unknown GIF block at byte " + (gif.position() - 1));
            }
        }
        if (frame == NO_FRAME) {
            throw encoded.damaged("a GIF file without pictures");
        }
        int left = Short.toUnsignedInt(gif.getShort(frame));
        int top = Short.toUnsignedInt(gif.getShort(frame + 2));
        int frameWidth = Short.toUnsignedInt(gif.getShort(frame + 4));
        int frameHeight = Short.toUnsignedInt(gif.getShort(frame + 6));
        int fullWidth = Math.max(width, left + frameWidth);
        int fullHeight = Math.max(height, top + frameHeight);
        encoded.checkSize(frameWidth, frameHeight);
        encoded.checkSize(fullWidth, fullHeight);

        BufferedImage image = JavaDecoder.withJdkReader("gif", encoded.bytes(), reader -> reader.read(0));
        byte[] drawn = JavaDecoder.toRgb(image);
        if (fullWidth == frameWidth && fullHeight == frameHeight) {
            return new Picture(fullWidth, fullHeight, drawn, Map.of());
        }
        byte[] rgb = filled(fullWidth * fullHeight, fill, (IndexColorModel) image.getColorModel());
        for (int y = 0; y < frameHeight; y++) {
            System.arraycopy(drawn, y * frameWidth * 3, rgb, ((top + y) * fullWidth + left) * 3, frameWidth * 3);
        }
        return new Picture(fullWidth, fullHeight, rgb, Map.of());
    }

    private static void skipPalette(ByteBuffer gif, int flags) {
        if ((flags & 0x80) != 0) {
            gif.position(gif.position() + (6 << (flags & 7)));
        }
    }

    private static void skipBlocks(ByteBuffer gif) {
        for (int size = Byte.toUnsignedInt(gif.get()); size != 0; size = Byte.toUnsignedInt(gif.get())) {
            gif.position(gif.position() + size);
        }
    }

    // Around a smaller frame: the transparent colour, or the palette's first.
    private static byte[] filled(int pixels, int index, IndexColorModel palette) {
        byte[] rgb = new byte[pixels * 3];
        if (index < palette.getMapSize()) {
            for (int at = 0; at < rgb.length; at += 3) {
                rgb[at] = (byte) palette.getRed(index);
                rgb[at + 1] = (byte) palette.getGreen(index);
                rgb[at + 2] = (byte) palette.getBlue(index);
            }
        }
        return rgb;
    }
}
