package io.github.unipic.image;

import io.github.unipic.ImageFormatException;
import io.github.unipic.ReadOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A picture as it came: bytes that nobody has checked, and what may be said of them when they turn out wrong.
 *
 * @param name how errors call it
 * @param bytes the whole file; not copied
 * @param options how it is to be read
 */
record EncodedPicture(String name, byte[] bytes, ReadOptions options) {
    /** The bytes; reading past their end throws unchecked, which {@link PictureReader} reports as cut short. */
    ByteBuffer buffer(ByteOrder order) {
        return ByteBuffer.wrap(bytes).order(order);
    }

    /** Whether ASCII text stands at a place; false where the bytes end before. */
    boolean holds(int at, String ascii) {
        byte[] expected = ascii.getBytes(StandardCharsets.ISO_8859_1);
        if (at < 0 || at > bytes.length - expected.length) {
            return false;
        }
        for (int i = 0; i < expected.length; i++) {
            if (bytes[at + i] != expected[i]) {
                return false;
            }
        }
        return true;
    }

    /** Refuses a size, as the header gives it, before any pixel is read. */
    void checkSize(long width, long height) {
        if (width < 1 || height < 1 || width > options.maxPixels() / height) {
            throw new ImageFormatException(name + " is " + width + " x " + height + " pixels; 1 to "
                    + options.maxPixels() + " pixels can be read, see ReadOptions.maxPixels");
        }
    }

    ImageFormatException cutShort() {
        return new ImageFormatException(name + " is cut short: only " + bytes.length + " bytes; get a fresh copy");
    }

    ImageFormatException damaged(String how) {
        return new ImageFormatException(name + " is damaged: " + how + "; get a fresh copy");
    }

    ImageFormatException unsupported(String what) {
        return new ImageFormatException(name + " is " + what + ", which cannot be read; save it as PNG");
    }
}
