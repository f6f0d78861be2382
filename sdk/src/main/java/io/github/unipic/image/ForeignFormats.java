package io.github.unipic.image;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Formats that this library does not read, recognized by their first bytes so that an error can name them. */
final class ForeignFormats {
    /** A format whose files start with one of these texts. */
    private record Signature(String name, String... starts) {}

    private static final List<Signature> SIGNATURES = List.of(
            new Signature("a JPEG XL image", "\u00ff\n", "\0\0\0\fJXL \r\n\u0087\n"),
            new Signature("a JPEG 2000 image", "\u00ffO\u00ffQ", "\0\0\0\fjP  \r\n\u0087\n"),
            new Signature("a JPEG XR image", "II\u00bc"),
            new Signature("a Photoshop document (PSD)", "8BPS"),
            new Signature("a GIMP image (XCF)", "gimp xcf"),
            new Signature("a PDF document", "%PDF-"),
            new Signature("a PostScript document", "%!PS"),
            new Signature("an icon (ICO)", "\0\0\1\0"),
            new Signature("a cursor (CUR)", "\0\0\2\0"),
            new Signature("an Apple icon (ICNS)", "icns"),
            new Signature("an OpenEXR image", "v/1\1"),
            new Signature("a Radiance HDR image", "#?RADIANCE", "#?RGBE"),
            new Signature("a QOI image", "qoif"),
            new Signature("a DDS texture", "DDS "),
            new Signature("a FITS image", "SIMPLE  ="),
            new Signature("an MNG or JNG image", "\u008aMNG", "\u008bJNG"),
            new Signature("a Windows metafile", "\u00d7\u00cd\u00c6\u009a", "\1\0\0\0l\0\0\0", "\1\0\0\0X\0\0\0"),
            new Signature("a camera's raw image", "FUJIFILMCCD-RAW", "IIU\0", "IIRO", "IIRS", "MMOR", "\0MRM", "FOVb"),
            new Signature("a Matroska or WebM video", "\u001aE\u00df\u00a3"),
            new Signature("a ZIP archive", "PK\3\4"),
            new Signature("a gzip file", "\u001f\u008b"));

    private static final int MAX_START = 1024;
    private static final int MAX_BRANDS = 64;
    private static final Pattern PORTABLE_MAP = Pattern.compile("P[1-7FfHh]\\s");
    private static final Pattern MARKUP = Pattern.compile(
            "(?is)(?:\u00ef\u00bb\u00bf)?(?:<\\?xml[^>]*+>|<!--.*?-->|<!doctype[^>]*+>|\\s++)*+<(svg|html|head|body)\\b");

    private ForeignFormats() {}

    /** The file's format with its article; empty if it is unknown. */
    static Optional<String> nameOf(EncodedImage encoded) {
        if (encoded.holds(4, "ftyp")) {
            return Optional.of(brand(encoded));
        }
        if (encoded.holds(0, "RIFF") && encoded.holds(8, "AVI ")) {
            return Optional.of("an AVI video");
        }
        byte[] bytes = encoded.bytes();
        String start = new String(bytes, 0, Math.min(bytes.length, MAX_START), StandardCharsets.ISO_8859_1);
        for (Signature signature : SIGNATURES) {
            for (String text : signature.starts) {
                if (start.startsWith(text)) {
                    return Optional.of(signature.name);
                }
            }
        }
        if (PORTABLE_MAP.matcher(start).lookingAt()) {
            return Optional.of("a portable map (PBM, PGM, PPM, PAM or PFM)");
        }
        Matcher markup = MARKUP.matcher(start);
        if (markup.lookingAt()) {
            return Optional.of(
                    markup.group(1).toLowerCase(Locale.ROOT).equals("svg") ? "an SVG drawing" : "a web page");
        }
        return Optional.empty();
    }

    /** Tells the formats in ISO/IEC 14496-12 containers apart: by the brand and the compatible brands. */
    private static String brand(EncodedImage encoded) {
        int end = Math.min(encoded.buffer(ByteOrder.BIG_ENDIAN).getInt(0), 4 * MAX_BRANDS);
        for (int at = 8; at < end; at += at == 8 ? 8 : 4) { // a version follows the brand
            if (encoded.holds(at, "avi")) {
                return "an AVIF image";
            }
            if (encoded.holds(at, "hei") || encoded.holds(at, "hev")) {
                return "a HEIC image";
            }
            if (encoded.holds(at, "jxl ")) {
                return "a JPEG XL image";
            }
            if (encoded.holds(at, "crx ")) {
                return "a camera's raw image";
            }
        }
        return encoded.holds(8, "mif1") || encoded.holds(8, "msf1") ? "a HEIF image" : "an MP4 or QuickTime video";
    }
}
