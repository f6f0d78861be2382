package io.github.unipic.image;

import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.MaskChannel;
import io.github.unipic.ReadOptions;
import java.nio.file.Path;

/**
 * An image read as a mask. The array is not copied.
 *
 * @param width pixels
 * @param height pixels
 * @param regenerated whether each pixel is to be regenerated, row-major
 */
public record MaskPixels(int width, int height, boolean[] regenerated) {
    private static final int HALF = 128;
    private static final int ALPHA_NOISE = 16;

    /** Up to {@link #BLACK} counts as black, from {@link #WHITE} as white; values in between are soft edges. */
    private static final int BLACK = 16;

    private static final int WHITE = 239;

    private static final byte[] NO_ALPHA = {};

    /**
     * Reads a file.
     *
     * @throws ImageFormatException if it cannot be read, or is ambiguous as a mask
     */
    public static MaskPixels read(Path file, ReadOptions options, MaskChannel channel) {
        return of(ImageReader.readMask(file, options), file.toString(), channel);
    }

    /**
     * Reads bytes.
     *
     * @throws ImageFormatException if they cannot be read, or are ambiguous as a mask
     */
    public static MaskPixels decode(byte[] bytes, ReadOptions options, MaskChannel channel) {
        return of(ImageReader.decodeMask(bytes, options), ImageReader.maskName(bytes), channel);
    }

    /** White pixels are regenerated. */
    public static MaskPixels ofGray(Image image) {
        return byGray(DecodedImage.of(image), NO_ALPHA);
    }

    private static MaskPixels of(DecodedImage mask, String name, MaskChannel channel) {
        byte[] alpha = mask.alpha();
        return switch (channel) {
            case GRAY -> byGray(mask, alpha);
            case ALPHA -> {
                if (alpha.length == 0) {
                    throw new ImageFormatException(
                            name + " has no alpha; make the pixels to change transparent, or use white");
                }
                yield byAlpha(mask, false);
            }
            case ALPHA_OR_GRAY -> hasBelow(HALF, alpha) ? byAlpha(mask, false) : byGray(mask, alpha);
            case OPAQUE_OR_GRAY -> hasBelow(255, alpha) ? byAlpha(mask, true) : byGray(mask, alpha);
            case AUTO -> {
                int least = 255;
                int most = alpha.length == 0 ? 255 : 0;
                for (byte value : alpha) {
                    least = Math.min(least, value & 0xff);
                    most = Math.max(most, value & 0xff);
                }
                if (most - least < ALPHA_NOISE) {
                    yield byGray(mask, NO_ALPHA);
                }
                checkUnambiguous(mask, name, least, most);
                yield byAlpha(mask, false);
            }
        };
    }

    private static boolean hasBelow(int limit, byte[] alpha) {
        for (byte value : alpha) {
            if ((value & 0xff) < limit) {
                return true;
            }
        }
        return false;
    }

    private static void checkUnambiguous(DecodedImage mask, String name, int least, int most) {
        if (most < HALF || least >= HALF) {
            throw new ImageFormatException(name + " has an alpha of " + least + " to " + most
                    + " of 255, which does not separate the pixels to change from the others; make them fully transparent"
                    + " and the others opaque, or save it without alpha to use white");
        }
        long black = 0;
        long white = 0;
        long visibleWhite = 0;
        int pixels = mask.alpha().length;
        for (int i = 0; i < pixels; i++) {
            int gray = gray(mask.rgb(), i);
            if (gray <= BLACK) {
                black++;
            } else if (gray >= WHITE) {
                white++;
                visibleWhite += (mask.alpha()[i] & 0xff) >= HALF ? 1 : 0;
            }
        }
        // Any other image has only its alpha as a mask, such as the image to change with a transparent hole.
        boolean blackAndWhite = black > 0 && white > 0 && black + white >= pixels * 0.9;
        if (blackAndWhite && visibleWhite > 0) {
            throw new ImageFormatException(name + " is black and white and partly transparent, and white and alpha mark"
                    + " different pixels; save it without alpha to use white, or in one color to use alpha, or choose"
                    + " the channel (MaskChannel, --mask-channel)");
        }
    }

    private static MaskPixels byAlpha(DecodedImage mask, boolean opaque) {
        boolean[] regenerated = new boolean[mask.alpha().length];
        for (int i = 0; i < regenerated.length; i++) {
            regenerated[i] = (mask.alpha()[i] & 0xff) >= HALF == opaque;
        }
        return new MaskPixels(mask.width(), mask.height(), regenerated);
    }

    private static MaskPixels byGray(DecodedImage mask, byte[] alpha) {
        boolean[] regenerated = new boolean[mask.rgb().length / 3];
        for (int i = 0; i < regenerated.length; i++) {
            int opacity = alpha.length == 0 ? 255 : alpha[i] & 0xff;
            regenerated[i] = gray(mask.rgb(), i) * opacity >= HALF * 255;
        }
        return new MaskPixels(mask.width(), mask.height(), regenerated);
    }

    /** Pillow's convert("L"). */
    private static int gray(byte[] rgb, int pixel) {
        int at = 3 * pixel;
        return 19_595 * (rgb[at] & 0xff) + 38_470 * (rgb[at + 1] & 0xff) + 7_471 * (rgb[at + 2] & 0xff) + 0x8000 >> 16;
    }
}
