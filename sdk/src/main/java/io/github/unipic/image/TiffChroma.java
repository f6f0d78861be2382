package io.github.unipic.image;

/** Luma and chroma of a TIFF page (TIFF 6.0, section 21), in 16 bits of fraction as libtiff and libjpeg compute. */
final class TiffChroma {
    private static final double[] WEIGHTS = {0.299, 0.587, 0.114};
    private static final double[] FULL_RANGE = {0, 255, 128, 255, 128, 255};
    private static final int HALF = 1 << 15;

    private final double[] ranges;
    private final int crToRed;
    private final int crToGreen;
    private final int cbToGreen;
    private final int cbToBlue;

    private TiffChroma(double[] weights, double[] ranges) {
        this.ranges = ranges;
        double red = 2 - 2 * weights[0];
        double blue = 2 - 2 * weights[2];
        crToRed = fixed(red);
        crToGreen = -fixed(weights[0] * red / weights[1]);
        cbToGreen = -fixed(weights[2] * blue / weights[1]);
        cbToBlue = fixed(blue);
    }

    /**
     * The page's own conversion, or the common one if it has none or an invalid one. JPEG always has the common one.
     */
    static TiffChroma of(TiffDirectory directory) {
        boolean jpeg = directory.value(TiffTag.COMPRESSION, 1) == 7;
        double[] weights = directory.fractions(TiffTag.CHROMA_WEIGHTS, 3);
        double[] ranges = directory.fractions(TiffTag.REFERENCE_BLACK_WHITE, 6);
        boolean weighted = !jpeg && weights.length > 0 && weights[1] > 0;
        boolean ranged = !jpeg
                && ranges.length > 0
                && ranges[0] != ranges[1]
                && ranges[2] != ranges[3]
                && ranges[4] != ranges[5];
        return new TiffChroma(weighted ? weights : WEIGHTS, ranged ? ranges : FULL_RANGE);
    }

    private static int fixed(double factor) {
        return (int) (Math.max(0, Math.min(2, factor)) * 65_536 + 0.5);
    }

    void toRgb(int luma, int cb, int cr, byte[] rgb, int at) {
        int y = (int) ((luma - ranges[0]) * 255 / (ranges[1] - ranges[0]));
        int blue = (int) ((cb - ranges[2]) * 127 / (ranges[3] - ranges[2]));
        int red = (int) ((cr - ranges[4]) * 127 / (ranges[5] - ranges[4]));
        rgb[at] = clip(y + (crToRed * red + HALF >> 16));
        rgb[at + 1] = clip(y + (crToGreen * red + cbToGreen * blue + HALF >> 16));
        rgb[at + 2] = clip(y + (cbToBlue * blue + HALF >> 16));
    }

    private static byte clip(int value) {
        return (byte) Math.max(0, Math.min(255, value));
    }
}
