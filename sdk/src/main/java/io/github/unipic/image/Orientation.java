package io.github.unipic.image;

import io.github.unipic.ReadOptions;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a camera was held: EXIF tag 0x0112 (CIPA DC-008, 4.6.5), or tiff:Orientation in XMP. Applying it turns the image
 * upright. Bad metadata is ignored, as in every reader: the pixels are still readable. Only this tag is read:
 * TwelveMonkeys' TIFFReader reads every value and allocates 240 MB for 60 kB (ImageMemoryTest), and its XMPReader
 * refuses packets that Pillow reads (OrientationTest).
 *
 * @param value 1 (upright) to 8
 */
record Orientation(int value) {
    private static final Orientation UPRIGHT = new Orientation(1);
    private static final int TAG = 0x0112;
    private static final int XMP_TAG = 700;

    /** How TIFF structures start. */
    private static final int LITTLE_ENDIAN = 0x49492a00;

    private static final int BIG_ENDIAN = 0x4d4d002a;

    // A pattern, as in Pillow: it needs no well-formed document and resolves no external references.
    private static final Pattern IN_XMP =
            Pattern.compile("(tiff:Orientation(?:\\s*+=\\s*+[\"']|\\s*+>)\\s*+)([1-8])(?=\\s*+[\"'<])");

    private static final int MAX_XMP_BYTES = 1 << 20;

    /**
     * Chooses as Pillow does: EXIF first, then XMP.
     *
     * @param exif a TIFF structure, with or without the "Exif" before it; empty if there is none
     * @param xmp the packet; empty if there is none
     * @return upright if neither has one, or the options ignore it
     */
    static Orientation of(byte[] exif, byte[] xmp, ReadOptions options) {
        return options.applyOrientation() ? ofExif(exif).or(() -> ofXmp(xmp)).orElse(UPRIGHT) : UPRIGHT;
    }

    /** As {@link #of(byte[], byte[], ReadOptions)}, without XMP. */
    static Orientation ofExif(byte[] exif, ReadOptions options) {
        return of(exif, new byte[0], options);
    }

    /**
     * The orientation of a TIFF page, from its own tag or its XMP; upright if it has none, or the options ignore it.
     */
    static Orientation of(TiffDirectory directory, ReadOptions options) {
        if (!options.applyOrientation()) {
            return UPRIGHT;
        }
        long[] values = directory.values(XMP_TAG);
        byte[] xmp = new byte[Math.min(values.length, MAX_XMP_BYTES)];
        for (int i = 0; i < xmp.length; i++) {
            xmp[i] = (byte) values[i];
        }
        return of(directory.value(TAG, 0)).or(() -> ofXmp(xmp)).orElse(UPRIGHT);
    }

    /**
     * The orientation in EXIF data, which may be cut short after this tag's entry.
     *
     * @param exif a TIFF structure, with or without the "Exif" before it
     */
    static Optional<Orientation> ofExif(byte[] exif) {
        int start = exif.length > 6 && exif[0] == 'E' ? 6 : 0;
        try {
            ByteBuffer tiff = ByteBuffer.wrap(exif, start, exif.length - start).slice();
            boolean known = tiff.getInt(0) == LITTLE_ENDIAN || tiff.getInt(0) == BIG_ENDIAN;
            long[] values = known ? TiffDirectory.firstEntries(tiff).values(TAG) : new long[0];
            return values.length == 1 ? of(values[0]) : Optional.empty();
        } catch (IndexOutOfBoundsException e) {
            return Optional.empty();
        }
    }

    /**
     * The orientation in an XMP packet, in any encoding of Unicode.
     *
     * @param xmp the packet; only its first MiB counts
     */
    static Optional<Orientation> ofXmp(byte[] xmp) {
        int length = Math.min(xmp.length, MAX_XMP_BYTES);
        // Without their zeros, the ASCII characters of UTF-16 and UTF-32 are those of UTF-8.
        String packet = new String(xmp, 0, length, StandardCharsets.ISO_8859_1).replace("\0", "");
        Matcher matcher = IN_XMP.matcher(packet);
        return matcher.find() ? of(Integer.parseInt(matcher.group(2))) : Optional.empty();
    }

    /** The XMP packet with its orientation set to upright: for an image that has been turned. */
    static String uprightXmp(String xmp) {
        return IN_XMP.matcher(xmp).replaceAll(told -> Matcher.quoteReplacement(told.group(1)) + UPRIGHT.value);
    }

    private static Optional<Orientation> of(long value) {
        return value >= 1 && value <= 8 ? Optional.of(new Orientation((int) value)) : Optional.empty();
    }

    /** Bytes of heap that reading takes for each pixel: those for decoding, or for RGB before and after the turn. */
    double heapPerPixel(double decoding) {
        return value == 1 ? decoding : Math.max(decoding, 6);
    }

    /** The upright image. */
    DecodedImage apply(DecodedImage image) {
        if (value == 1) {
            return image;
        }
        boolean transposed = value >= 5;
        int width = transposed ? image.height() : image.width();
        int height = transposed ? image.width() : image.height();
        byte[] rgb = turn(image.rgb(), image.width(), image.height(), 3);
        byte[] alpha = turn(image.alpha(), image.width(), image.height(), 1);
        return new DecodedImage(width, height, rgb, alpha, image.text());
    }

    private byte[] turn(byte[] samples, int sourceWidth, int sourceHeight, int bands) {
        boolean transposed = value >= 5;
        boolean mirrored = value == 2 || value == 3 || value == 7 || value == 8;
        boolean flipped = value == 3 || value == 4 || value == 6 || value == 7;
        int width = transposed ? sourceHeight : sourceWidth;
        int height = transposed ? sourceWidth : sourceHeight;
        byte[] turned = new byte[samples.length];
        int at = 0;
        for (int y = 0; y < height && samples.length > 0; y++) {
            for (int x = 0; x < width; x++) {
                int column = transposed ? y : x;
                int row = transposed ? x : y;
                int sourceX = mirrored ? sourceWidth - 1 - column : column;
                int sourceY = flipped ? sourceHeight - 1 - row : row;
                int from = (sourceY * sourceWidth + sourceX) * bands;
                for (int band = 0; band < bands; band++) {
                    turned[at++] = samples[from + band];
                }
            }
        }
        return turned;
    }
}
