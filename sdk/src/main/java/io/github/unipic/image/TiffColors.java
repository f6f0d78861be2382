package io.github.unipic.image;

import java.util.Arrays;

/** What the samples of a TIFF page mean (TIFF 6.0, sections 4 to 6, 16, 18 and 21), and their colors as 8-bit RGB. */
final class TiffColors {
    private static final int WHITE_IS_ZERO = 0;
    private static final int BLACK_IS_ZERO = 1;
    private static final int RGB = 2;
    private static final int PALETTE = 3;
    private static final int CMYK = 5;
    private static final int YCBCR = 6;

    /** Kinds of extra samples: premultiplied alpha, alpha, and alpha as Corel Draw writes it. */
    private static final int PREMULTIPLIED = 1;

    private static final int ALPHA = 2;
    private static final int COREL_ALPHA = 999;
    private static final int NO_ALPHA = -1;

    private final int photometric;
    private final int samples;
    private final int bits;
    private final int alpha;
    private final boolean premultiplied;
    private final boolean scalesGray;
    private final byte[] palette;
    private final TiffChroma chroma;

    /**
     * Checks a page's description of its samples.
     *
     * @throws io.github.unipic.ImageFormatException if they are damaged or of a kind that cannot be read
     */
    TiffColors(EncodedImage encoded, TiffDirectory directory) {
        photometric = (int) directory.value(TiffTag.PHOTOMETRIC, WHITE_IS_ZERO);
        samples = (int) directory.value(TiffTag.SAMPLES, 1);
        bits = (int) directory.value(TiffTag.BITS, 1);
        int colors = switch (photometric) {
            case WHITE_IS_ZERO, BLACK_IS_ZERO, PALETTE -> 1;
            case RGB -> 3;
            case CMYK -> 4;
            case YCBCR -> Math.min(samples, 3); // with one sample it is gray
            default -> throw encoded.unsupported("a TIFF file of color space " + photometric);
        };
        if (Arrays.stream(directory.values(TiffTag.BITS)).distinct().count() > 1) {
            throw encoded.unsupported("a TIFF file whose samples differ in their bits");
        }
        if (samples < colors || colors == 2) {
            throw encoded.damaged("a TIFF page of " + samples + " samples a pixel for color space " + photometric);
        }
        if (directory.value(TiffTag.SAMPLE_FORMAT, 1) == 2 || directory.value(TiffTag.SAMPLE_FORMAT, 1) == 3) {
            throw encoded.unsupported("a TIFF file of signed or floating-point samples");
        }
        if (bits > (photometric == YCBCR ? 8 : 16)) {
            throw encoded.unsupported("a TIFF file of " + bits + "-bit samples");
        }
        if (photometric == CMYK && directory.value(TiffTag.INK_SET, 1) != 1) {
            throw encoded.unsupported("a TIFF file of other inks than CMYK");
        }
        long[] extra = directory.values(TiffTag.EXTRA_SAMPLES);
        int found = extra.length == 0 && samples == colors + 1 ? colors : NO_ALPHA; // some writers leave the tag out
        boolean multiplied = false;
        for (int i = Math.min(extra.length, samples - colors) - 1; i >= 0; i--) {
            if (extra[i] == PREMULTIPLIED || extra[i] == ALPHA || extra[i] == COREL_ALPHA) {
                found = colors + i;
                multiplied = extra[i] == PREMULTIPLIED;
            }
        }
        alpha = found;
        premultiplied = multiplied;
        if (premultiplied && photometric >= PALETTE) {
            throw encoded.unsupported("a TIFF file of premultiplied alpha that is neither gray nor RGB");
        }
        scalesGray = encoded.asMask();
        palette = photometric == PALETTE ? palette(encoded, directory.values(TiffTag.COLOR_MAP)) : new byte[0];
        chroma = TiffChroma.of(directory);
    }

    // Pillow and others keep the high bytes of the 16-bit color map. Some writers leave them empty.
    private byte[] palette(EncodedImage encoded, long[] map) {
        int colors = 1 << bits;
        if (map.length < 3 * colors) {
            throw encoded.damaged("a TIFF page with too short a color map");
        }
        int shift = Arrays.stream(map).anyMatch(value -> value > 255) ? 8 : 0;
        byte[] rgb = new byte[3 * colors];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (map[i % 3 * colors + i / 3] >> shift);
        }
        return rgb;
    }

    boolean hasAlpha() {
        return alpha != NO_ALPHA;
    }

    /**
     * Converts pixels to 8-bit RGB.
     *
     * @param row their samples, interleaved
     * @param pixels their number
     * @param rgb receives the colors
     * @param at index in rgb of the first
     */
    void toRgb(int[] row, int pixels, byte[] rgb, int at) {
        for (int i = 0; i < pixels; i++) {
            toRgbPixel(row, i * samples, rgb, at + 3 * i);
        }
    }

    /** Converts pixels to 8-bit alpha, as {@link #toRgb}. */
    void toAlpha(int[] row, int pixels, byte[] values, int at) {
        for (int i = 0; i < pixels; i++) {
            values[at + i] = (byte) pixelValue(row[i * samples + alpha]);
        }
    }

    private void toRgbPixel(int[] row, int from, byte[] rgb, int at) {
        switch (photometric) {
            case PALETTE -> System.arraycopy(palette, 3 * row[from], rgb, at, 3);
            case CMYK ->
                JavaDecoder.cmykToRgb(
                        pixelValue(row[from]),
                        pixelValue(row[from + 1]),
                        pixelValue(row[from + 2]),
                        pixelValue(row[from + 3]),
                        rgb,
                        at);
            case YCBCR ->
                chroma.toRgb(row[from], samples < 3 ? 128 : row[from + 1], samples < 3 ? 128 : row[from + 2], rgb, at);
            default -> {
                for (int i = 0; i < 3; i++) {
                    int color = photometric == RGB ? pixelValue(row[from + i]) : gray(row[from]);
                    rgb[at + i] = (byte) (premultiplied ? divided(color, pixelValue(row[from + alpha])) : color);
                }
            }
        }
    }

    // Gray of more than 8 bits is clipped, as Image.read says, except for masks.
    private int gray(int sample) {
        int light = photometric == WHITE_IS_ZERO ? (1 << bits) - 1 - sample : sample;
        return bits > 8 && samples == 1 && !scalesGray ? Math.min(light, 255) : pixelValue(light);
    }

    private int pixelValue(int sample) {
        if (bits == 8) {
            return sample;
        }
        return bits > 8 ? sample >> bits - 8 : sample * 255 / ((1 << bits) - 1);
    }

    private static int divided(int color, int alpha) {
        return alpha == 0 ? 0 : Math.min(255, color * 255 / alpha);
    }
}
