package io.github.unipic.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Windows bitmap files, uncompressed or run-length encoded. */
final class Bmp {
    private static final int OLD_HEADER_BYTES = 12;
    private static final int BIT_FIELDS = 3;

    private Bmp() {}

    static Picture decode(EncodedPicture encoded) throws IOException {
        ByteBuffer header = encoded.buffer(ByteOrder.LITTLE_ENDIAN);
        boolean old = header.getInt(14) == OLD_HEADER_BYTES;
        int width = old ? Short.toUnsignedInt(header.getShort(18)) : header.getInt(18);
        int height = old ? Short.toUnsignedInt(header.getShort(20)) : header.getInt(22);
        encoded.checkSize(width, Math.abs((long) height)); // negative: stored from the top down
        int bits = header.getShort(old ? 24 : 28);
        int compression = old ? 0 : header.getInt(30);
        if (compression < 0 || compression > BIT_FIELDS) {
            throw encoded.unsupported("a bitmap that holds another format"); // whose size may be any
        }
        if (compression == 0 || compression == BIT_FIELDS) {
            long rowBytes = ((long) width * bits + 31) / 32 * 4;
            if (Integer.toUnsignedLong(header.getInt(10)) + rowBytes * Math.abs((long) height)
                    > encoded.bytes().length) {
                throw encoded.cutShort();
            }
        } else if (Integer.toUnsignedLong(header.getInt(10)) + Integer.toUnsignedLong(header.getInt(34))
                > encoded.bytes().length) {
            throw encoded.cutShort();
        }
        return JavaDecoder.withJdkReader("bmp", encoded.bytes(), reader -> {
            encoded.checkSize(reader.getWidth(0), reader.getHeight(0));
            var image = reader.read(0);
            return new Picture(image.getWidth(), image.getHeight(), JavaDecoder.toRgb(image), java.util.Map.of());
        });
    }
}
