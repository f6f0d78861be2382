package io.github.unipic.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/** WebP files (RFC 9649), lossy and lossless; of animations the first frame, on the whole canvas. */
final class WebP {
    private static final int HEADER_BYTES = 12;
    private static final int FRAME_HEADER_BYTES = 16;
    private static final int ANIMATED = 2;

    private final EncodedPicture encoded;
    private final ByteBuffer webp;
    private Optional<Size> canvas = Optional.empty();
    private boolean animated;
    private Optional<Frame> frame = Optional.empty();
    private byte[] exif = {};

    private record Size(int width, int height) {}

    /** Pixels: where in the file they are, and where on the canvas. */
    private record Frame(boolean lossless, int start, int end, int x, int y) {}

    private WebP(EncodedPicture encoded) {
        this.encoded = encoded;
        this.webp = encoded.buffer(ByteOrder.LITTLE_ENDIAN);
    }

    static Picture decode(EncodedPicture encoded) {
        WebP file = new WebP(encoded);
        long end = 8 + Integer.toUnsignedLong(file.webp.getInt(4));
        if (end > encoded.bytes().length) {
            throw encoded.cutShort();
        }
        file.walk(HEADER_BYTES, (int) end, 0, 0);
        Frame frame = file.frame.orElseThrow(() -> encoded.damaged("a WebP file without pixels"));
        Picture picture = frame.lossless
                ? Vp8l.decode(encoded, frame.start, frame.end)
                : Vp8.decode(encoded, frame.start, frame.end);
        return Orientation.ofExif(file.exif, encoded.options()).apply(file.onCanvas(picture, frame));
    }

    // Chunks after the first frame are looked at for what may be missing of the file, and for EXIF.
    private void walk(int start, int end, int x, int y) {
        int at = start;
        while (at + 8 <= end) {
            long length = Integer.toUnsignedLong(webp.getInt(at + 4));
            int data = at + 8;
            if (length > end - data) {
                throw encoded.cutShort();
            }
            boolean lossless = encoded.holds(at, "VP8L");
            if (lossless || encoded.holds(at, "VP8 ")) {
                Frame found = new Frame(lossless, data, data + (int) length, x, y);
                frame = frame.or(() -> Optional.of(found));
            } else if (encoded.holds(at, "VP8X")) {
                animated = (webp.get(data) & ANIMATED) != 0;
                canvas = Optional.of(new Size(u24(data + 4) + 1, u24(data + 7) + 1));
                encoded.checkSize(canvas.get().width, canvas.get().height);
            } else if (encoded.holds(at, "ANMF")) {
                walk(data + FRAME_HEADER_BYTES, data + (int) length, 2 * u24(data), 2 * u24(data + 3));
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

    // Around the frame is transparent black.
    private Picture onCanvas(Picture picture, Frame frame) {
        Size size = canvas.orElse(new Size(picture.width(), picture.height()));
        if (!animated && (picture.width() != size.width || picture.height() != size.height)
                || picture.width() > size.width - frame.x
                || picture.height() > size.height - frame.y) {
            throw encoded.damaged("a WebP frame that does not fit its canvas");
        }
        if (picture.width() == size.width && picture.height() == size.height) {
            return picture;
        }
        byte[] rgb = new byte[Math.multiplyExact(size.width * 3, size.height)];
        for (int y = 0; y < picture.height(); y++) {
            int to = ((frame.y + y) * size.width + frame.x) * 3;
            System.arraycopy(picture.rgb(), y * picture.width() * 3, rgb, to, picture.width() * 3);
        }
        return new Picture(size.width, size.height, rgb, Map.of());
    }
}
