package io.github.unipic.image;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** TIFF 6.0 files: their first page. */
final class Tiff {
    private static final int WIDTH = 256;
    private static final int HEIGHT = 257;
    private static final int BITS = 258;
    private static final int COMPRESSION = 259;
    private static final int PHOTOMETRIC = 262;
    private static final int STRIP_OFFSETS = 273;
    private static final int SAMPLES = 277;
    private static final int STRIP_BYTES = 279;
    private static final int COLOR_MAP = 320;
    private static final int TILE_WIDTH = 322;
    private static final int TILE_HEIGHT = 323;
    private static final int TILE_OFFSETS = 324;
    private static final int TILE_BYTES = 325;

    private static final int JPEG = 7;
    /** None, the three of CCITT, LZW, JPEG, both numbers of deflate, PackBits. */
    private static final Set<Long> COMPRESSIONS = Set.of(1L, 2L, 3L, 4L, 5L, (long) JPEG, 8L, 32_946L, 32_773L);

    private static final int PALETTE = 3;
    private static final int CMYK = 5;
    private static final int MAX_PHOTOMETRIC = 6;
    private static final int MAX_SAMPLES = 8;
    private static final int MAX_PAGES = 10_000;

    private Tiff() {}

    static Picture decode(EncodedPicture encoded) throws IOException {
        int version = Byte.toUnsignedInt(encoded.bytes()[2]) + Byte.toUnsignedInt(encoded.bytes()[3]);
        if (version == '+') {
            throw encoded.unsupported("a BigTIFF file");
        }
        TiffDirectory directory = TiffDirectory.first(encoded.buffer(ByteOrder.BIG_ENDIAN));
        check(encoded, directory);
        checkWhole(encoded, directory);
        int photometric = (int) directory.value(PHOTOMETRIC, 0);
        Picture picture = JavaDecoder.withJdkReader("tiff", encoded.bytes(), reader -> {
            encoded.checkSize(reader.getWidth(0), reader.getHeight(0));
            BufferedImage image = reader.read(0);
            byte[] rgb = switch (photometric) {
                case CMYK -> cmykToRgb(image);
                case PALETTE -> mapToRgb(image, directory.values(COLOR_MAP));
                default -> JavaDecoder.toRgb(image);
            };
            return new Picture(image.getWidth(), image.getHeight(), rgb, Map.of());
        });
        return Orientation.of(directory, encoded.options()).apply(picture);
    }

    // Before the decoder sees it: all sizes that it would take memory for.
    private static void check(EncodedPicture encoded, TiffDirectory directory) {
        long width = directory.value(WIDTH, 0);
        long height = directory.value(HEIGHT, 0);
        encoded.checkSize(width, height);
        if (directory.has(TILE_WIDTH) || directory.has(TILE_OFFSETS)) {
            encoded.checkSize(directory.value(TILE_WIDTH, width), directory.value(TILE_HEIGHT, height));
        }
        long samples = directory.value(SAMPLES, 1);
        long bits = Arrays.stream(directory.values(BITS)).max().orElse(1);
        if (samples > MAX_SAMPLES || bits > 16 || directory.value(PHOTOMETRIC, 0) > MAX_PHOTOMETRIC) {
            throw encoded.unsupported("a TIFF file of an unusual kind of pixels");
        }
        long compression = directory.value(COMPRESSION, 1);
        if (!COMPRESSIONS.contains(compression)) {
            throw encoded.unsupported("a TIFF file of compression " + compression);
        }
    }

    // Pages and tags that are not read can be all that is missing of a file cut short.
    private static void checkWhole(EncodedPicture encoded, TiffDirectory first) {
        Optional<TiffDirectory> page = Optional.of(first);
        for (int pages = 0; page.isPresent(); pages++) {
            TiffDirectory directory = page.get();
            if (directory.end() > encoded.bytes().length) {
                throw encoded.cutShort();
            }
            if (pages == MAX_PAGES) {
                throw encoded.unsupported("a TIFF file of over " + MAX_PAGES + " pages");
            }
            checkPlaces(encoded, directory);
            page = directory.next();
        }
    }

    private static void checkPlaces(EncodedPicture encoded, TiffDirectory directory) {
        boolean tiled = directory.has(TILE_OFFSETS);
        long[] offsets = directory.values(tiled ? TILE_OFFSETS : STRIP_OFFSETS);
        long[] lengths = directory.values(tiled ? TILE_BYTES : STRIP_BYTES);
        if (offsets.length == 0 || offsets.length != lengths.length) {
            throw encoded.damaged("a TIFF page without a list of its pixels' places");
        }
        for (int i = 0; i < offsets.length; i++) {
            if (offsets[i] + lengths[i] > encoded.bytes().length) {
                throw encoded.cutShort();
            }
            if (directory.value(COMPRESSION, 1) == JPEG) {
                int start = (int) offsets[i];
                byte[] strip = Arrays.copyOfRange(encoded.bytes(), start, start + (int) lengths[i]);
                JpegSegments.read(new EncodedPicture(encoded.name(), strip, encoded.options()));
            }
        }
    }

    // Pillow and others keep the high bytes of the 16-bit colour map; the JDK rounds.
    private static byte[] mapToRgb(BufferedImage image, long[] map) {
        int[] indices = image.getRaster().getPixels(0, 0, image.getWidth(), image.getHeight(), (int[]) null);
        int colors = map.length / 3;
        byte[] rgb = new byte[indices.length * 3];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (map[i % 3 * colors + indices[i / 3]] >> 8);
        }
        return rgb;
    }

    private static byte[] cmykToRgb(BufferedImage image) {
        Raster raster = image.getRaster();
        int width = raster.getWidth();
        int bands = raster.getNumBands();
        int shift = raster.getSampleModel().getSampleSize(0) - 8;
        byte[] rgb = new byte[width * raster.getHeight() * 3];
        int[] row = new int[width * bands];
        int at = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(0, y, width, 1, row);
            for (int i = 0; i < row.length; i += bands, at += 3) {
                JavaDecoder.cmykToRgb(
                        row[i] >> shift, row[i + 1] >> shift, row[i + 2] >> shift, row[i + 3] >> shift, rgb, at);
            }
        }
        return rgb;
    }
}
