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
    private Optional<Part> alpha = Optional.empty();
    private Optional<Frame> frame = Optional.empty();
    private byte[] exif = {};
    private byte[] xmp = {};

    private record Size(int width, int height) {}

    /** The content of a chunk. */
    private record Part(int start, int end) {}

    /** Pixels, perhaps with alpha apart, and where on the canvas they are. */
    private record Frame(boolean lossless, Part pixels, Optional<Part> alpha, int x, int y) {}

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
        file.walk(HEADER_BYTES, (int) end, 0, 0, true);
        Frame frame = file.frame.orElseThrow(() -> encoded.damaged("a WebP file without pixels"));
        Picture picture = file.onCanvas(file.read(frame), frame);
        return Orientation.of(file.exif, file.xmp, encoded.options()).apply(picture);
    }

    // Chunks after the first frame are looked at for what may be missing of the file, and for the orientation.
    private void walk(int start, int end, int x, int y, boolean top) {
        int at = start;
        while (at + 8 <= end) {
            long length = Integer.toUnsignedLong(webp.getInt(at + 4));
            int data = at + 8;
            if (length > end - data) {
                throw encoded.cutShort();
            }
            Part content = new Part(data, data + (int) length);
            boolean lossless = encoded.holds(at, "VP8L");
            if (lossless || encoded.holds(at, "VP8 ")) {
                frame = Optional.of(frame.orElse(new Frame(lossless, content, alpha, x, y)));
            } else if (encoded.holds(at, "ALPH") && length > 0) {
                alpha = Optional.of(content);
            } else if (encoded.holds(at, "VP8X")) {
                animated = (webp.get(data) & ANIMATED) != 0;
                canvas = Optional.of(new Size(u24(data + 4) + 1, u24(data + 7) + 1));
                encoded.checkSize(canvas.get().width, canvas.get().height);
            } else if (top && encoded.holds(at, "ANMF")) {
                walk(data + FRAME_HEADER_BYTES, data + (int) length, 2 * u24(data), 2 * u24(data + 3), false);
            } else if (encoded.holds(at, "EXIF")) {
                exif = Arrays.copyOfRange(encoded.bytes(), data, data + (int) length);
            } else if (encoded.holds(at, "XMP ")) {
                xmp = Arrays.copyOfRange(encoded.bytes(), data, data + (int) length);
            }
            at = (int) Math.min(end, data + length + (length & 1));
        }
    }

    private int u24(int at) {
        return webp.getShort(at) & 0xffff | (webp.get(at + 2) & 0xff) << 16;
    }

    private Picture read(Frame frame) {
        Part pixels = frame.pixels;
        if (frame.lossless) {
            return Vp8l.decode(encoded, pixels.start, pixels.end);
        }
        Picture picture = Vp8.decode(encoded, pixels.start, pixels.end);
        if (!encoded.asMask() || frame.alpha.isEmpty()) {
            return picture;
        }
        Part part = frame.alpha.get();
        byte[] levels = WebPAlpha.decode(encoded, part.start, part.end, picture.width(), picture.height());
        return new Picture(picture.width(), picture.height(), picture.rgb(), levels, Map.of());
    }

    // Around the frame is transparent black.
    private Picture onCanvas(Picture picture, Frame frame) {
        Size size = canvas.orElse(new Size(picture.width(), picture.height()));
        boolean fills = picture.width() == size.width && picture.height() == size.height;
        if (!animated && !fills || picture.width() > size.width - frame.x || picture.height() > size.height - frame.y) {
            throw encoded.damaged("a WebP frame that does not fit its canvas");
        }
        if (fills) {
            return picture;
        }
        int pixels = Math.multiplyExact(size.width, size.height);
        byte[] rgb = new byte[Math.multiplyExact(pixels, 3)];
        byte[] levels = new byte[picture.alpha().length == 0 ? 0 : pixels];
        for (int y = 0; y < picture.height(); y++) {
            int from = y * picture.width();
            int to = (frame.y + y) * size.width + frame.x;
            System.arraycopy(picture.rgb(), 3 * from, rgb, 3 * to, 3 * picture.width());
            if (levels.length > 0) {
                System.arraycopy(picture.alpha(), from, levels, to, picture.width());
            }
        }
        return new Picture(size.width, size.height, rgb, levels, Map.of());
    }
}
