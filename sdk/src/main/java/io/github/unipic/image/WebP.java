package io.github.unipic.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** WebP files (RFC 9649), lossy and lossless; of animations the first frame. */
final class WebP {
    private static final int HEADER_BYTES = 12;
    private static final int FRAME_HEADER_BYTES = 16;

    private final EncodedPicture encoded;
    private final ByteBuffer webp;
    private int pixels = -1;
    private boolean lossless;
    private int canvasWidth;
    private int canvasHeight;
    private int frameX;
    private int frameY;
    private boolean animated;
    private byte[] exif = {};

    private WebP(EncodedPicture encoded) {
        this.encoded = encoded;
        this.webp = encoded.buffer(ByteOrder.LITTLE_ENDIAN);
    }

    static Picture decode(EncodedPicture encoded) throws IOException {
        WebP file = new WebP(encoded);
        int at = new String(encoded.bytes(), java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("VP8 ");
        return Vp8.decode(encoded, at + 8, at + 8 + file.webp.getInt(at + 4));
    }
}
