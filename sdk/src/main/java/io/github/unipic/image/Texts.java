package io.github.unipic.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Text by keyword in an image file. Its amount is limited, so that a small file of compressed text costs little memory
 * and time. Text beyond a limit is left out.
 */
final class Texts {
    private final Map<String, String> byKeyword = new LinkedHashMap<>();
    private int seen;
    private int room = DecodedImage.MAX_TEXTS_BYTES;

    /** Whether there is room for another text; counts each call. */
    boolean hasRoom() {
        return seen++ < DecodedImage.MAX_TEXTS && room > 0;
    }

    /**
     * Reads a text to its end; its bytes count towards the limit even if it turns out too long.
     *
     * @return none if it is too long or malformed
     */
    Optional<String> read(InputStream stream, Charset charset) {
        int limit = Math.min(DecodedImage.MAX_TEXT_BYTES, room);
        try (stream) {
            byte[] text = stream.readNBytes(limit + 1);
            room -= Math.min(text.length, room);
            return text.length > limit ? Optional.empty() : Optional.of(new String(text, charset));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Leaves out what no file can be written with, such as most of what is not ours before a NUL in a JPEG comment. */
    void put(String keyword, String text) {
        if (DecodedImage.isKeyword(keyword)) {
            byKeyword.put(keyword, text);
        }
    }

    Map<String, String> byKeyword() {
        return byKeyword;
    }
}
