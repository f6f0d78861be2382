package io.github.unipic.image;

import io.github.unipic.ReadOptions;
import java.nio.ByteBuffer;

/**
 * How a camera was held: EXIF tag 0x0112 (CIPA DC-008, 4.6.5). Applying it gives the picture upright.
 *
 * @param value 1 (upright) to 8
 */
record Orientation(int value) {
    private static final Orientation UPRIGHT = new Orientation(1);
    private static final int TAG = 0x0112;

    /** The one that EXIF data, in a TIFF structure, tells; upright where it tells none, is malformed or not wanted. */
    static Orientation ofExif(byte[] exif, ReadOptions options) {
        try {
            return exif.length == 0 ? UPRIGHT : of(TiffDirectory.first(ByteBuffer.wrap(exif)), options);
        } catch (RuntimeException e) {
            return UPRIGHT; // as every reader does: bad metadata does not make pixels unreadable
        }
    }

    /** The one that a TIFF directory tells; upright where it tells none or it is not wanted. */
    static Orientation of(TiffDirectory directory, ReadOptions options) {
        long value = directory.value(TAG, 1);
        return options.applyOrientation() && value >= 1 && value <= 8 ? new Orientation((int) value) : UPRIGHT;
    }

    /** The picture turned and mirrored upright. */
    Picture apply(Picture picture) {
        if (value == 1) {
            return picture;
        }
        boolean transposed = value >= 5;
        boolean mirrored = value == 2 || value == 3 || value == 7 || value == 8;
        boolean flipped = value == 3 || value == 4 || value == 6 || value == 7;
        int sourceWidth = picture.width();
        int sourceHeight = picture.height();
        int width = transposed ? sourceHeight : sourceWidth;
        int height = transposed ? sourceWidth : sourceHeight;
        byte[] rgb = new byte[picture.rgb().length];
        int at = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int column = transposed ? y : x;
                int row = transposed ? x : y;
                int sourceX = mirrored ? sourceWidth - 1 - column : column;
                int sourceY = flipped ? sourceHeight - 1 - row : row;
                int from = (sourceY * sourceWidth + sourceX) * 3;
                rgb[at++] = picture.rgb()[from];
                rgb[at++] = picture.rgb()[from + 1];
                rgb[at++] = picture.rgb()[from + 2];
            }
        }
        return new Picture(width, height, rgb, picture.text());
    }
}
