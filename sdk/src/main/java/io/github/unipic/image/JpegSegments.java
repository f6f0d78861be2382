package io.github.unipic.image;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * Walks the marker segments of a JPEG file (ITU-T T.81, annex B) to its end: checks that it is complete, finds its size
 * before anything is decoded, and separates what its pixels need from the rest. TwelveMonkeys' JPEGSegmentUtil ends at
 * the first scan and gives no offsets, so it would only add a second walk.
 */
final class JpegSegments {
    static final int START = 0xd8;
    static final int COMMENT = 0xfe;

    private static final int END = 0xd9;
    private static final int SCAN = 0xda;
    private static final int APP0 = 0xe0;
    private static final int APP1 = 0xe1;
    private static final int APP14 = 0xee;
    private static final int APP15 = 0xef;

    // Each scan, however short, costs a pass over all pixels. Real files have about 10; small images may have more.
    private static final int MAX_SCANS = 100;
    private static final int USUAL_SCANS = 20;
    private static final long MAX_PASSED_PIXELS = 500_000_000;

    private static final String EXIF = "Exif\0\0";
    private static final String XMP = "http://ns.adobe.com/xap/1.0/\0";

    private final EncodedImage encoded;
    private final Excerpt pixels;
    private final Texts texts = new Texts();
    private byte[] exif = {};
    private byte[] xmp = {};
    private int[] components = {};
    private int width;
    private int height;
    private boolean jfif;
    private int adobeTransform = -1;

    private JpegSegments(EncodedImage encoded) {
        this.encoded = encoded;
        this.pixels = new Excerpt(encoded.bytes());
    }

    /**
     * Walks a file.
     *
     * @param encoded a file that starts with the start marker
     * @throws io.github.unipic.ImageFormatException if it is too large, cut short, damaged or of a kind that cannot be
     *     read
     */
    static JpegSegments read(EncodedImage encoded) {
        JpegSegments segments = new JpegSegments(encoded);
        segments.walk();
        return segments;
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    /** Samples of each pixel: 1, 3 or 4. */
    int bands() {
        return components.length;
    }

    /** Bytes of heap that decoding takes for each pixel, RGB included: three samples are converted in place. */
    double heapPerPixel() {
        return bands() == 3 ? 3 : bands() + 3;
    }

    /** The same file without application segments, as decoders should not read profiles and thumbnails. */
    byte[] pixels() {
        return pixels.bytes();
    }

    /** The EXIF data; empty if there is none. */
    byte[] exif() {
        return exif;
    }

    /** The XMP packet; empty if there is none. */
    byte[] xmp() {
        return xmp;
    }

    /**
     * Text by keyword, from comments as {@link Jpeg#write} writes them; text beyond the limits of {@link Texts} is left
     * out.
     */
    Map<String, String> texts() {
        return texts.byKeyword();
    }

    /** Whether 3 components are YCbCr, or 4 are YCbCr and black; by libjpeg's rules (default_decompress_parms). */
    boolean hasChroma() {
        if (bands() == 4) {
            return adobeTransform > 0;
        }
        if (jfif) {
            return true;
        }
        return adobeTransform >= 0 ? adobeTransform != 0 : !Arrays.equals(components, new int[] {'R', 'G', 'B'});
    }

    private int u8(int at) {
        return encoded.bytes()[at] & 0xff;
    }

    private int u16(int at) {
        return u8(at) << 8 | u8(at + 1);
    }

    private void walk() {
        byte[] bytes = encoded.bytes();
        pixels.keep(0, 2);
        int scans = 0;
        int at = 2;
        while (true) {
            while (u8(at) != 0xff || u8(at + 1) == 0xff || u8(at + 1) == 0) {
                at++; // fill bytes, and garbage, which decoders skip too
            }
            int marker = u8(at + 1);
            if (marker == END) {
                pixels.keep(at, at + 2);
                break;
            }
            if (marker >= 0xd0 && marker <= START || marker == 1) {
                at += 2;
                continue;
            }
            int end = at + 2 + u16(at + 2);
            if (end < at + 4) {
                throw encoded.damaged("a JPEG segment of impossible length at byte " + at);
            }
            if (end > bytes.length) {
                throw encoded.cutShort();
            }
            if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
                readFrame(marker, at + 4, end);
            } else if (marker >= APP0 && marker <= APP15 || marker == COMMENT) {
                readOther(marker, at + 4, end);
                at = end;
                continue;
            } else if (marker == SCAN) {
                if (components.length == 0) {
                    throw encoded.damaged("a JPEG scan before the frame header");
                }
                if (++scans > maxScans()) {
                    throw encoded.unsupported("a JPEG file of over " + maxScans() + " scans");
                }
                end = endOfScan(end);
            }
            pixels.keep(at, end);
            at = end;
        }
        if (scans == 0) {
            throw encoded.damaged("a JPEG file without pixels");
        }
    }

    private long maxScans() {
        return Math.max(USUAL_SCANS, Math.min(MAX_SCANS, MAX_PASSED_PIXELS / ((long) width * height)));
    }

    private int endOfScan(int start) {
        int at = start;
        while (u8(at) != 0xff || u8(at + 1) == 0 || u8(at + 1) == 0xff || u8(at + 1) >= 0xd0 && u8(at + 1) <= 0xd7) {
            at++;
        }
        return at;
    }

    private void readFrame(int marker, int at, int end) {
        if (components.length != 0) {
            throw encoded.damaged("a second JPEG frame header at byte " + at);
        }
        height = u16(at + 1);
        width = u16(at + 3);
        encoded.checkPixels(width, height); // memory is checked later, when the components are known
        if (marker > 0xc2 || u8(at) != 8) {
            throw encoded.unsupported("a lossless, arithmetic or 12-bit JPEG file");
        }
        int count = u8(at + 5);
        if (count != 1 && count != 3 && count != 4) {
            throw encoded.unsupported("a JPEG file of " + count + " components");
        }
        if (end < at + 6 + 3 * count) {
            throw encoded.damaged("a JPEG frame header that is too short");
        }
        components = new int[count];
        for (int i = 0; i < count; i++) {
            components[i] = u8(at + 6 + 3 * i);
        }
    }

    private void readOther(int marker, int at, int end) {
        if (marker == APP0 && encoded.holds(at, "JFIF\0")) {
            jfif = true;
        } else if (marker == APP14 && encoded.holds(at, "Adobe") && end >= at + 12) {
            adobeTransform = u8(at + 11);
        } else if (marker == APP1 && encoded.holds(at, EXIF) && exif.length == 0 && end > at + EXIF.length()) {
            exif = Arrays.copyOfRange(encoded.bytes(), at + EXIF.length(), end);
        } else if (marker == APP1 && encoded.holds(at, XMP) && xmp.length == 0 && end > at + XMP.length()) {
            xmp = Arrays.copyOfRange(encoded.bytes(), at + XMP.length(), end);
        } else if (marker == COMMENT && texts.hasRoom()) {
            readComment(at, end);
        }
    }

    private void readComment(int at, int end) {
        String comment = texts.read(new ByteArrayInputStream(encoded.bytes(), at, end - at), StandardCharsets.UTF_8)
                .orElse("");
        int split = comment.indexOf('\0');
        if (split > 0) {
            texts.put(comment.substring(0, split), comment.substring(split + 1));
        }
    }
}
