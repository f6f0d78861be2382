package io.github.unipic.image;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;

/** WebP files (RFC 9649), lossy and lossless; of animations the first frame. Decoded by TwelveMonkeys ImageIO. */
final class WebP {
    private static final int HEADER_BYTES = 12;
    private static final int FRAME_HEADER_BYTES = 16;
    private static final WebPImageReaderSpi READERS = new WebPImageReaderSpi();

    private final EncodedPicture encoded;
    private final ByteBuffer webp;
    private boolean pixels;
    private byte[] exif = {};

    private WebP(EncodedPicture encoded) {
        this.encoded = encoded;
        this.webp = encoded.buffer(ByteOrder.LITTLE_ENDIAN);
    }

    static Picture decode(EncodedPicture encoded) throws IOException {
        WebP file = new WebP(encoded);
        long end = 8 + Integer.toUnsignedLong(file.webp.getInt(4));
        if (end > encoded.bytes().length) {
            throw encoded.cutShort();
        }
        file.walk(HEADER_BYTES, (int) end);
        if (!file.pixels) {
            throw encoded.damaged("a WebP file without pixels");
        }
        Picture picture = JavaDecoder.with(READERS.createReaderInstance(null), encoded.bytes(), reader -> {
            encoded.checkSize(reader.getWidth(0), reader.getHeight(0));
            BufferedImage image = reader.read(0);
            return new Picture(image.getWidth(), image.getHeight(), JavaDecoder.toRgb(image), Map.of());
        });
        return Orientation.ofExif(file.exif, encoded.options()).apply(picture);
    }

    // Every chunk that tells a size is heard, as the decoder might go by any.
    private void walk(int start, int end) {
        int at = start;
        while (at + 8 <= end) {
            long length = Integer.toUnsignedLong(webp.getInt(at + 4));
            int data = at + 8;
            if (length > end - data) {
                throw encoded.cutShort();
            }
            if (encoded.holds(at, "VP8X")) {
                encoded.checkSize(u24(data + 4) + 1, u24(data + 7) + 1);
            } else if (encoded.holds(at, "VP8 ")) {
                encoded.checkSize(webp.getShort(data + 6) & 0x3fff, webp.getShort(data + 8) & 0x3fff);
                pixels = true;
            } else if (encoded.holds(at, "VP8L")) {
                int sizes = webp.getInt(data + 1);
                encoded.checkSize((sizes & 0x3fff) + 1, (sizes >> 14 & 0x3fff) + 1);
                pixels = true;
            } else if (encoded.holds(at, "ANMF")) {
                encoded.checkSize(u24(data + 6) + 1, u24(data + 9) + 1);
                walk(data + FRAME_HEADER_BYTES, data + (int) length);
            } else if (encoded.holds(at, "EXIF")) {
                int prefix = encoded.holds(data, "Exif\0\0") ? 6 : 0;
                exif = Arrays.copyOfRange(encoded.bytes(), data + prefix, data + (int) length);
            }
            at = (int) Math.min(end, data + length + (length & 1));
        }
    }

    private int u24(int at) {
        return webp.getShort(at) & 0xffff | (webp.get(at + 2) & 0xff) << 16;
    }
}
