package io.github.unipic.image;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.InflaterInputStream;

/**
 * Walks the chunks of a PNG file (ISO/IEC 15948, chapters 5 and 11): checks that it is complete, and reads its text and
 * metadata. Done here because neither library does it safely: ImageIO ignores checksums, and Commons Imaging inflates
 * text without a limit.
 */
final class PngChunks {
    static final int IHDR = type("IHDR");

    private static final int SIGNATURE_BYTES = 8;
    private static final int PALETTE = type("PLTE");
    private static final int TRANSPARENCY = type("tRNS");
    private static final int DATA = type("IDAT");
    private static final int EXIF = type("eXIf");
    private static final int TEXT = type("tEXt");
    private static final int COMPRESSED_TEXT = type("zTXt");
    private static final int INTERNATIONAL_TEXT = type("iTXt");
    private static final int IEND = type("IEND");
    private static final int IEND_CRC = 0xae42_6082;
    private static final int LENGTH_TYPE_AND_CRC = 12;

    private static final String XMP = "XML:com.adobe.xmp";

    /** In these ImageMagick and exiftool keep metadata of other formats: a name, a length and hexadecimal digits. */
    private static final Set<String> RAW_PROFILES =
            Set.of("Raw profile type exif", "Raw profile type APP1", "Raw profile type xmp");

    private static final Pattern RAW_PROFILE = Pattern.compile("\\s*+[^\n]*+\n\\s*+\\d++\\s++([\\s0-9a-fA-F]*+)");

    private final boolean upright;
    private final Excerpt header;
    private final Excerpt data;
    private final Texts texts = new Texts();
    private byte[] transparency = {};
    private byte[] exif = {};
    private byte[] xmp = {};

    private PngChunks(EncodedImage encoded) {
        upright = encoded.options().applyOrientation();
        header = new Excerpt(encoded.bytes());
        data = new Excerpt(encoded.bytes());
    }

    /**
     * Text by keyword; malformed text, or text beyond the limits of {@link Texts}, is left out. If the image is turned
     * upright, so is the orientation in its metadata.
     */
    Map<String, String> texts() {
        return texts.byKeyword();
    }

    /**
     * The same file, reduced to what its colors need, as profiles and text can be decompression bombs. Its pixel data
     * is joined into one chunk, as each chunk costs a decoder time.
     */
    byte[] pixels() {
        ByteBuffer png = ByteBuffer.allocate(header.length() + data.length() + 2 * LENGTH_TYPE_AND_CRC);
        header.putInto(png);
        int start = png.putInt(data.length()).position();
        data.putInto(png.putInt(DATA));
        CRC32 crc = new CRC32();
        crc.update(png.array(), start, 4 + data.length());
        png.putInt((int) crc.getValue());
        return png.putInt(0).putInt(IEND).putInt(IEND_CRC).array();
    }

    /** The tRNS chunk, which gives the transparent colors; empty if there is none. */
    byte[] transparency() {
        return transparency;
    }

    /** The EXIF data; empty if there is none. */
    byte[] exif() {
        return exif;
    }

    /** The XMP packet; empty if there is none. */
    byte[] xmp() {
        return xmp;
    }

    private static int type(String name) {
        return ByteBuffer.wrap(name.getBytes(StandardCharsets.US_ASCII)).getInt();
    }

    /**
     * Checks the order and the checksum of every chunk.
     *
     * @param encoded a file that starts with the signature and IHDR
     * @return its chunks
     * @throws io.github.unipic.ImageFormatException if the file is cut short or damaged
     */
    static PngChunks read(EncodedImage encoded) {
        PngChunks chunks = new PngChunks(encoded);
        chunks.walk(encoded);
        return chunks;
    }

    private void walk(EncodedImage encoded) {
        byte[] png = encoded.bytes();
        header.keep(0, SIGNATURE_BYTES);
        int at = SIGNATURE_BYTES;
        while (png.length - at >= LENGTH_TYPE_AND_CRC) {
            ByteBuffer chunk = ByteBuffer.wrap(png, at, png.length - at).slice();
            int length = chunk.getInt();
            int type = chunk.getInt();
            if (length < 0 || length > png.length - at - LENGTH_TYPE_AND_CRC) {
                break;
            }
            CRC32 crc = new CRC32();
            crc.update(png, at + 4, 4 + length);
            if ((int) crc.getValue() != chunk.getInt(8 + length)) {
                throw encoded.damaged("wrong checksum in the PNG chunk at byte " + at);
            }
            if (type == IHDR && at != SIGNATURE_BYTES) {
                throw encoded.damaged("a second PNG header at byte " + at);
            }
            if (type == IHDR || type == PALETTE) {
                header.keep(at, at + LENGTH_TYPE_AND_CRC + length);
            } else if (type == DATA) {
                data.keep(at + 8, at + 8 + length);
            } else if (type == EXIF) {
                exif = Arrays.copyOfRange(png, at + 8, at + 8 + length);
            } else if (type == TRANSPARENCY) {
                transparency = Arrays.copyOfRange(png, at + 8, at + 8 + Math.min(length, 256));
            } else if (type == TEXT || type == COMPRESSED_TEXT || type == INTERNATIONAL_TEXT) {
                readText(type, chunk.limit(8 + length).slice());
            }
            if (type == IEND) {
                return;
            }
            at += LENGTH_TYPE_AND_CRC + length;
        }
        throw encoded.cutShort();
    }

    private void readText(int type, ByteBuffer data) {
        if (!texts.hasRoom()) {
            return;
        }
        Optional<String> keyword = upToNul(data);
        Optional<String> text = Optional.empty();
        if (keyword.isPresent()) {
            if (type == TEXT) {
                text = decode(data, false, StandardCharsets.ISO_8859_1);
            } else if (type == COMPRESSED_TEXT && data.hasRemaining() && data.get() == 0) {
                text = decode(data, true, StandardCharsets.ISO_8859_1);
            } else if (type == INTERNATIONAL_TEXT && data.remaining() >= 2) {
                boolean compressed = data.get() != 0;
                boolean known = data.get() == 0 || !compressed;
                if (known && upToNul(data).isPresent() && upToNul(data).isPresent()) { // language, translated keyword
                    text = decode(data, compressed, StandardCharsets.UTF_8);
                }
            }
        }
        text.ifPresent(value -> put(keyword.get(), value));
    }

    private void put(String keyword, String text) {
        if (keyword.equals(XMP)) {
            xmp = text.getBytes(StandardCharsets.UTF_8);
            texts.put(keyword, upright ? Orientation.uprightXmp(text) : text);
        } else if (!RAW_PROFILES.contains(keyword) || !readRawProfile(text) || !upright) {
            texts.put(keyword, text);
        }
    }

    /** Extracts metadata from a raw profile; false if it is malformed. */
    private boolean readRawProfile(String text) {
        Matcher matcher = RAW_PROFILE.matcher(text);
        if (!matcher.matches()) {
            return false;
        }
        String digits = matcher.group(1).replaceAll("\\s", "");
        byte[] profile = HexFormat.of().parseHex(digits, 0, digits.length() / 2 * 2);
        boolean tiff =
                Stream.of("Exif", "II", "MM").anyMatch(new String(profile, StandardCharsets.ISO_8859_1)::startsWith);
        if (tiff && exif.length == 0) {
            exif = profile;
        } else if (!tiff && xmp.length == 0) {
            xmp = profile;
        }
        return true;
    }

    private static Optional<String> upToNul(ByteBuffer data) {
        int start = data.position();
        while (data.hasRemaining()) {
            if (data.get() == 0) {
                return Optional.of(new String(
                        data.array(),
                        data.arrayOffset() + start,
                        data.position() - 1 - start,
                        StandardCharsets.ISO_8859_1));
            }
        }
        return Optional.empty();
    }

    private Optional<String> decode(ByteBuffer data, boolean compressed, Charset charset) {
        InputStream raw =
                new ByteArrayInputStream(data.array(), data.arrayOffset() + data.position(), data.remaining());
        return texts.read(compressed ? new InflaterInputStream(raw) : raw, charset);
    }
}
