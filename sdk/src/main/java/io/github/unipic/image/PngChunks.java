package io.github.unipic.image;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.InflaterInputStream;

/**
 * Walks the chunks of a PNG file (ISO/IEC 15948, chapters 5 and 11), to prove it whole and to take its text apart. Done
 * here because neither library does it safely: ImageIO ignores checksums, and Commons Imaging inflates text without
 * bound.
 */
final class PngChunks {
    private static final int SIGNATURE_BYTES = 8;
    static final int IHDR = type("IHDR");

    private static final int PALETTE = type("PLTE");
    private static final int DATA = type("IDAT");
    private static final int EXIF = type("eXIf");
    private static final int TEXT = type("tEXt");
    private static final int COMPRESSED_TEXT = type("zTXt");
    private static final int INTERNATIONAL_TEXT = type("iTXt");
    private static final int IEND = type("IEND");
    private static final int LENGTH_TYPE_AND_CRC = 12;
    private static final int MAX_TEXTS = 256;

    private final Map<String, String> texts = new LinkedHashMap<>();
    private final ByteArrayOutputStream pixels = new ByteArrayOutputStream();
    private byte[] exif = {};

    private PngChunks() {}

    /** Text by keyword; malformed text, or text over {@link Picture#MAX_TEXT_BYTES}, is left out. */
    Map<String, String> texts() {
        return texts;
    }

    /** The same file, reduced to what its colours need: profiles and other text can hold bombs. */
    byte[] pixels() {
        return pixels.toByteArray();
    }

    /** The EXIF data; empty if there is none. */
    byte[] exif() {
        return exif;
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
    static PngChunks read(EncodedPicture encoded) {
        byte[] png = encoded.bytes();
        PngChunks chunks = new PngChunks();
        chunks.pixels.write(png, 0, SIGNATURE_BYTES);
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
            if (type == IHDR || type == PALETTE || type == DATA || type == IEND) {
                chunks.pixels.write(png, at, LENGTH_TYPE_AND_CRC + length);
            }
            if (type == IEND) {
                return chunks;
            }
            if (type == EXIF) {
                chunks.exif = Arrays.copyOfRange(png, at + 8, at + 8 + length);
            } else if (chunks.texts.size() < MAX_TEXTS) {
                readText(type, chunk.limit(8 + length).slice(), chunks.texts);
            }
            at += LENGTH_TYPE_AND_CRC + length;
        }
        throw encoded.cutShort();
    }

    private static void readText(int type, ByteBuffer data, Map<String, String> texts) {
        if (type != TEXT && type != COMPRESSED_TEXT && type != INTERNATIONAL_TEXT) {
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
        text.ifPresent(value -> texts.put(keyword.get(), value));
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

    private static Optional<String> decode(ByteBuffer data, boolean compressed, Charset charset) {
        InputStream raw =
                new ByteArrayInputStream(data.array(), data.arrayOffset() + data.position(), data.remaining());
        try (InputStream stream = compressed ? new InflaterInputStream(raw) : raw) {
            byte[] text = stream.readNBytes(Picture.MAX_TEXT_BYTES + 1);
            return text.length > Picture.MAX_TEXT_BYTES ? Optional.empty() : Optional.of(new String(text, charset));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
