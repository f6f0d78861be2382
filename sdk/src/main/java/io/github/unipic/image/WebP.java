package io.github.unipic.image;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * WebP files (RFC 9649), lossy and lossless; of animations the first frame, on the whole canvas. TwelveMonkeys ImageIO
 * decodes the pixels. It gets a file with that frame only: so it mistakes nothing else for pixels, applies no profile,
 * and the pixels end where the file ends.
 */
final class WebP {
    private static final int HEADER_BYTES = 12;
    private static final int FRAME_HEADER_BYTES = 16;
    private static final int CHUNK_HEADER_BYTES = 8;
    private static final int CANVAS_BYTES = 10;
    private static final int ANIMATED = 2;
    private static final int HAS_ALPHA = 16;
    private static final int ALPHA_COMPRESSION = 3;

    /** Decoded samples, the pixel values made of them, and what decoding a lossless frame takes in addition. */
    private static final double HEAP_PER_PIXEL = 16;

    /** The decoder looks ahead, and fails if a lossless frame is shorter than that, as one of a single color may be. */
    private static final int LEAST_LOSSLESS_BYTES = 32;

    /** The decoder also refuses files more than 2048 times smaller than their samples of 4 bytes a pixel. */
    private static final int PIXELS_PER_BYTE = 500;

    /** Up to this size images of a single color are read; larger ones need some bytes of pixel data. */
    private static final int MAX_FLAT_PIXELS = 1 << 24;

    private static final WebPImageReaderSpi READERS = new WebPImageReaderSpi();

    private final EncodedImage encoded;
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

    /** Pixels, perhaps with separate alpha, and their offset on the canvas. */
    private record Frame(boolean lossless, Part pixels, Optional<Part> alpha, int x, int y) {}

    private WebP(EncodedImage encoded) {
        this.encoded = encoded;
        this.webp = encoded.buffer(ByteOrder.LITTLE_ENDIAN);
    }

    static DecodedImage decode(EncodedImage encoded) throws IOException {
        WebP file = new WebP(encoded);
        long end = 8 + Integer.toUnsignedLong(file.webp.getInt(4));
        if (end > encoded.bytes().length) {
            throw encoded.cutShort();
        }
        file.walk(HEADER_BYTES, (int) end, 0, 0, true);
        Frame frame = file.frame.orElseThrow(() -> encoded.damaged("a WebP file without pixels"));
        DecodedImage image = file.onCanvas(file.read(frame), frame);
        return Orientation.of(file.exif, file.xmp, encoded.options()).apply(image);
    }

    // Chunks after the first frame are read to check that the file is complete, and for the orientation.
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

    private DecodedImage read(Frame frame) throws IOException {
        Size size = size(frame);
        encoded.checkSize(size.width, size.height, HEAP_PER_PIXEL);
        Optional<Part> alphaPart = encoded.asMask() && !frame.lossless ? frame.alpha : Optional.empty();
        if (alphaPart.isPresent() && (encoded.bytes()[alphaPart.get().start] & ALPHA_COMPRESSION) == 0) {
            throw encoded.unsupported("a WebP file of uncompressed alpha"); // the decoder reads it as opaque
        }
        byte[] file = alone(frame, size, alphaPart);
        return JavaDecoder.with(READERS.createReaderInstance(null), file, reader -> {
            encoded.checkSize(reader.getWidth(0), reader.getHeight(0), HEAP_PER_PIXEL);
            BufferedImage image = reader.read(0);
            Raster raster = image.getRaster();
            boolean alpha = encoded.asMask() && raster.getNumBands() == 4;
            return new DecodedImage(
                    image.getWidth(),
                    image.getHeight(),
                    JavaDecoder.toRgb(image),
                    alpha ? JavaDecoder.band(raster, 3) : new byte[0],
                    Map.of());
        });
    }

    /** The size in the frame's own header. */
    private Size size(Frame frame) {
        int start = frame.pixels.start;
        if (frame.lossless) {
            int sizes = webp.getInt(start + 1);
            return new Size((sizes & 0x3fff) + 1, (sizes >> 14 & 0x3fff) + 1);
        }
        return new Size(webp.getShort(start + 6) & 0x3fff, webp.getShort(start + 8) & 0x3fff);
    }

    /** A WebP file of one frame. */
    private byte[] alone(Frame frame, Size size, Optional<Part> alpha) {
        int length = HEADER_BYTES + chunkBytes(frame.pixels);
        if (alpha.isPresent()) {
            length += CHUNK_HEADER_BYTES + CANVAS_BYTES + chunkBytes(alpha.get());
        }
        int least = frame.lossless ? leastBytes(size) : 0;
        ByteBuffer file = ByteBuffer.allocate(Math.max(length, least)).order(ByteOrder.LITTLE_ENDIAN);
        put(file, "RIFF").putInt(length - CHUNK_HEADER_BYTES);
        put(file, "WEBP");
        if (alpha.isPresent()) {
            put(file, "VP8X").putInt(CANVAS_BYTES).putInt(HAS_ALPHA);
            file.putShort((short) (size.width - 1)).put((byte) 0); // a frame has at most 14 bits of width
            file.putShort((short) (size.height - 1)).put((byte) 0);
            putChunk(file, "ALPH", alpha.get());
        }
        putChunk(file, frame.lossless ? "VP8L" : "VP8 ", frame.pixels);
        return file.array();
    }

    private static int leastBytes(Size size) {
        int pixels = Math.min(Math.multiplyExact(size.width, size.height), MAX_FLAT_PIXELS);
        return HEADER_BYTES + LEAST_LOSSLESS_BYTES + pixels / PIXELS_PER_BYTE;
    }

    private static int chunkBytes(Part part) {
        int length = part.end - part.start;
        return CHUNK_HEADER_BYTES + length + (length & 1);
    }

    private void putChunk(ByteBuffer file, String name, Part part) {
        int end = file.position() + chunkBytes(part);
        put(file, name).putInt(part.end - part.start).put(encoded.bytes(), part.start, part.end - part.start);
        file.position(end);
    }

    private static ByteBuffer put(ByteBuffer file, String name) {
        return file.put(name.getBytes(StandardCharsets.ISO_8859_1));
    }

    // The canvas around the frame is transparent black.
    private DecodedImage onCanvas(DecodedImage image, Frame frame) {
        Size size = canvas.orElse(new Size(image.width(), image.height()));
        boolean fills = image.width() == size.width && image.height() == size.height;
        if (!animated && !fills || image.width() > size.width - frame.x || image.height() > size.height - frame.y) {
            throw encoded.damaged("a WebP frame that does not fit its canvas");
        }
        if (fills) {
            return image;
        }
        int pixels = Math.multiplyExact(size.width, size.height);
        byte[] rgb = new byte[Math.multiplyExact(pixels, 3)];
        byte[] alpha = new byte[image.alpha().length == 0 ? 0 : pixels];
        for (int y = 0; y < image.height(); y++) {
            int from = y * image.width();
            int to = (frame.y + y) * size.width + frame.x;
            System.arraycopy(image.rgb(), 3 * from, rgb, 3 * to, 3 * image.width());
            if (alpha.length > 0) {
                System.arraycopy(image.alpha(), from, alpha, to, image.width());
            }
        }
        return new DecodedImage(size.width, size.height, rgb, alpha, Map.of());
    }
}
