package io.github.unipic.image;

import io.github.unipic.ImageFormatException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.InflaterInputStream;

/**
 * Walks the chunks of a PNG file (ISO/IEC 15948, chapters 5 and 11), to prove it whole and to take its text. Done here
 * because neither library does it safely: ImageIO ignores checksums, and Commons Imaging inflates text without bound.
 */
final class PngChunks {
    static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    static final int IHDR = type("IHDR");

    private static final int TEXT = type("tEXt");
    private static final int COMPRESSED_TEXT = type("zTXt");
    private static final int INTERNATIONAL_TEXT = type("iTXt");
    private static final int IEND = type("IEND");
    private static final int LENGTH_TYPE_AND_CRC = 12;
    private static final int MAX_TEXTS = 256;

    private PngChunks() {}

    private static int type(String name) {
        return ByteBuffer.wrap(name.getBytes(StandardCharsets.US_ASCII)).getInt();
    }

    /**
     * Checks the order and the checksum of every chunk.
     *
     * @param file named in errors
     * @param png the whole file, which starts with the signature and IHDR
     * @return text by keyword; malformed text, or text over {@link Png#MAX_TEXT_BYTES}, is left out
     * @throws ImageFormatException if the file is cut short or damaged
     */
    static Map<String, String> readText(Path file, byte[] png) {
        Map<String, String> texts = new LinkedHashMap<>();
        int at = SIGNATURE.length;
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
                throw new ImageFormatException(
                        file + " is damaged: wrong checksum in the PNG chunk at byte " + at + "; get a fresh copy");
            }
            if (type == IHDR && at != SIGNATURE.length) {
                throw new ImageFormatException(
                        file + " is damaged: a second PNG header at byte " + at + "; get a fresh copy");
            }
            if (type == IEND) {
                return texts;
            }
            if (texts.size() < MAX_TEXTS) {
                readText(type, chunk.limit(8 + length).slice(), texts);
            }
            at += LENGTH_TYPE_AND_CRC + length;
        }
        throw new ImageFormatException(
                file + " is cut short: no end of the PNG in its " + png.length + " bytes; get a fresh copy");
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
            byte[] text = stream.readNBytes(Png.MAX_TEXT_BYTES + 1);
            return text.length > Png.MAX_TEXT_BYTES ? Optional.empty() : Optional.of(new String(text, charset));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
