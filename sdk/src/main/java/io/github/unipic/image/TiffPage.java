package io.github.unipic.image;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;

/** The pixels of a TIFF page: each strip or tile is decompressed, unpacked into samples, and converted to RGB. */
final class TiffPage {
    private static final int MAX_SAMPLES = 64;
    private static final int MAX_JPEG_TABLES = 8192; // all tables of JPEG take 2.6 kB
    private static final int HORIZONTAL_DIFFERENCES = 2;
    private static final int LOW_BIT_FIRST = 2;

    private final EncodedImage encoded;
    private final TiffDirectory directory;
    private final TiffCompression compression;
    private final TiffBlocks blocks;
    private final TiffColors colors;
    private final byte[] jpegTables;
    private final int width;
    private final int height;
    private final int samples;
    private final int bits;
    private final boolean differences;
    private final Orientation orientation;

    /**
     * Checks all that reading depends on, before memory is allocated.
     *
     * @throws io.github.unipic.ImageFormatException if the page is cut short, damaged, too large or of a kind that
     *     cannot be read
     */
    TiffPage(EncodedImage encoded, TiffDirectory directory) {
        this.encoded = encoded;
        this.directory = directory;
        encoded.checkPixels(directory.value(TiffTag.WIDTH, 0), directory.value(TiffTag.HEIGHT, 0));
        width = (int) directory.value(TiffTag.WIDTH, 0);
        height = (int) directory.value(TiffTag.HEIGHT, 0);

        long number = directory.value(TiffTag.COMPRESSION, 1);
        compression = TiffCompression.of(number)
                .orElseThrow(() -> encoded.unsupported("a TIFF file of " + TiffCompression.describe(number)));
        if (directory.value(TiffTag.SAMPLES, 1) > MAX_SAMPLES) {
            throw encoded.unsupported("a TIFF file of over " + MAX_SAMPLES + " samples a pixel");
        }
        colors = new TiffColors(encoded, directory);
        samples = (int) directory.value(TiffTag.SAMPLES, 1);
        bits = (int) directory.value(TiffTag.BITS, 1);
        differences = hasDifferences(directory.value(TiffTag.PREDICTOR, 1));

        blocks = new TiffBlocks(encoded, directory);
        jpegTables = compression == TiffCompression.JPEG ? jpegTables() : new byte[0];
        checkCombinations();
        orientation = Orientation.of(directory, encoded.options());
        encoded.checkSize(width, height, orientation.heapPerPixel(heapPerPixel()));
        blocks.checkWhole();
        blocks.checkWork(width);
    }

    private boolean hasDifferences(long predictor) {
        boolean predicted = compression == TiffCompression.LZW || compression == TiffCompression.DEFLATE;
        if (predicted && predictor > HORIZONTAL_DIFFERENCES) {
            throw encoded.unsupported("a TIFF file of predictor " + predictor);
        }
        return predicted && predictor == HORIZONTAL_DIFFERENCES;
    }

    private void checkCombinations() {
        if (compression.isCcitt() && bits * samples != 1 || compression == TiffCompression.JPEG && bits != 8) {
            throw encoded.unsupported(
                    "a TIFF file of " + bits + "-bit samples that are compressed with " + compression);
        }
        boolean sharedChroma = blocks.unitWidth() * blocks.unitHeight() > 1;
        if (sharedChroma && (differences || blocks.planes() > 1 || blocks.unitWidth() > 4 || blocks.unitHeight() > 4)) {
            throw encoded.unsupported("a TIFF file of an unusual chroma subsampling");
        }
    }

    /** The start marker and the tables of a tag of the page, which its JPEG files share, without their end marker. */
    private byte[] jpegTables() {
        long[] values = directory.values(TiffTag.JPEG_TABLES);
        if (values.length > MAX_JPEG_TABLES) {
            throw encoded.damaged("a TIFF page with " + values.length + " bytes of JPEG tables");
        }
        byte[] tables = new byte[Math.max(0, values.length - 2)];
        for (int i = 0; i < tables.length; i++) {
            tables[i] = (byte) values[i];
        }
        return tables;
    }

    /**
     * Reads the pixels.
     *
     * @throws io.github.unipic.ImageFormatException if they end early
     * @throws IOException if they are damaged; any unchecked exception may mean the same
     */
    DecodedImage image() throws IOException {
        byte[] rgb = new byte[Math.multiplyExact(width * height, 3)];
        byte[] alpha = new byte[encoded.asMask() && colors.hasAlpha() ? width * height : 0];
        Rows[] planes = new Rows[(int) blocks.planes()];
        int blocksOfPlane = (int) (blocks.count() / planes.length);
        for (int block = 0; block < blocksOfPlane; block++) {
            for (int plane = 0; plane < planes.length; plane++) {
                planes[plane] = rows(block + plane * blocksOfPlane);
            }
            int left = (int) blocks.left(block);
            int top = (int) blocks.top(block);
            int visible = (int) Math.min(blocks.width(), width - left);
            for (int y = 0; y < blocks.rows(block); y++) {
                int[] pixels = next(planes);
                int first = (top + y) * width + left;
                colors.toRgb(pixels, visible, rgb, 3 * first);
                if (alpha.length > 0) {
                    colors.toAlpha(pixels, visible, alpha, first);
                }
            }
        }
        return orientation.apply(new DecodedImage(width, height, rgb, alpha, Map.of()));
    }

    /** Bytes of heap for each pixel: the result, the blocks that are open at a time, and their rows as samples. */
    private double heapPerPixel() {
        double open = (double) blocks.rawBytes(0) * blocks.planes() * compression.heapFactor();
        double rows = 8.0 * samples * blocks.width();
        return (encoded.asMask() ? 4 : 3) + (open + rows) / ((double) width * height);
    }

    /** The samples of the next row, interleaved. */
    private int[] next(Rows[] planes) {
        if (planes.length == 1) {
            return planes[0].next();
        }
        int[] pixels = new int[Math.toIntExact(blocks.width() * planes.length)];
        for (int plane = 0; plane < planes.length; plane++) {
            int[] row = planes[plane].next();
            for (int x = 0; x < row.length; x++) {
                pixels[x * planes.length + plane] = row[x];
            }
        }
        return pixels;
    }

    /** A block's rows, from the top on. */
    private interface Rows {
        /** The samples of the next row, interleaved; the next call overwrites them. */
        int[] next();
    }

    private Rows rows(int block) throws IOException {
        int offset = (int) blocks.offset(block);
        int length = (int) blocks.length(block);
        if (compression == TiffCompression.JPEG) {
            return jpeg(Arrays.copyOfRange(encoded.bytes(), offset, offset + length), block);
        }
        int wanted = Math.toIntExact(blocks.rawBytes(block));
        byte[] data = encoded.bytes();
        int start = offset;
        if (directory.value(TiffTag.FILL_ORDER, 1) == LOW_BIT_FIRST || compression != TiffCompression.NONE) {
            data = Arrays.copyOfRange(data, offset, offset + length);
            start = 0;
        }
        if (directory.value(TiffTag.FILL_ORDER, 1) == LOW_BIT_FIRST) {
            for (int i = 0; i < data.length; i++) {
                data[i] = (byte) (Integer.reverse(data[i]) >>> 24);
            }
        }
        long t4Options = directory.value(TiffTag.T4_OPTIONS, 0);
        data = compression.expand(data, wanted, (int) blocks.width(), (int) blocks.rows(block), t4Options);
        if (data.length - start < wanted) {
            throw encoded.damaged("the pixels of a TIFF strip or tile end early");
        }
        return blocks.unitWidth() * blocks.unitHeight() > 1 ? sharedChroma(data, start) : packed(data, start);
    }

    private Rows packed(byte[] data, int start) {
        int step = samples / (int) blocks.planes();
        int[] row = new int[Math.toIntExact(blocks.width() * step)];
        return new Rows() {
            private int at = start;

            @Override
            public int[] next() {
                unpack(data, at, row);
                at += (int) blocks.unitBytes();
                for (int i = step; differences && i < row.length; i++) {
                    row[i] = row[i] + row[i - step] & (1 << bits) - 1;
                }
                return row;
            }
        };
    }

    private void unpack(byte[] data, int at, int[] row) {
        boolean littleEndian = directory.isLittleEndian();
        for (int i = 0; i < row.length; i++) {
            if (bits == 8) {
                row[i] = data[at + i] & 0xff;
            } else if (bits == 16) {
                int first = data[at + 2 * i] & 0xff;
                int second = data[at + 2 * i + 1] & 0xff;
                row[i] = littleEndian ? second << 8 | first : first << 8 | second;
            } else {
                int sample = 0;
                for (long bit = (long) i * bits; bit < (i + 1L) * bits; bit++) {
                    sample = sample << 1 | data[at + (int) (bit >> 3)] >> 7 - (bit & 7) & 1;
                }
                row[i] = sample;
            }
        }
    }

    /** Rows of units of pixels (TIFF 6.0, section 21): all lumas of a unit, then the two chromas that they share. */
    private Rows sharedChroma(byte[] data, int start) {
        int across = (int) blocks.unitWidth();
        int down = (int) blocks.unitHeight();
        int[] row = new int[Math.toIntExact(blocks.width() * 3)];
        return new Rows() {
            private int y;

            @Override
            public int[] next() {
                int units = start + y / down * (int) blocks.unitBytes();
                for (int x = 0; x < row.length / 3; x++) {
                    int unit = units + x / across * (across * down + 2);
                    row[3 * x] = data[unit + y % down * across + x % across] & 0xff;
                    row[3 * x + 1] = data[unit + across * down] & 0xff;
                    row[3 * x + 2] = data[unit + across * down + 1] & 0xff;
                }
                y++;
                return row;
            }
        };
    }

    /** A block that is a JPEG file, whose tables may be in a tag of the page (TIFF Technical Note 2). */
    private Rows jpeg(byte[] data, int block) throws IOException {
        JpegSegments segments =
                JpegSegments.read(new EncodedImage(encoded.name(), withTables(data), encoded.options()));
        int rows = (int) blocks.rows(block);
        if (segments.width() != blocks.width()
                || segments.height() < rows
                || segments.height() > blocks.height() + 15 // some writers fill the last unit of pixels
                || segments.bands() != samples / blocks.planes()) {
            throw encoded.damaged("a TIFF strip or tile that is a JPEG file of another size");
        }
        return packed(Jpeg.samples(encoded, segments), 0);
    }

    private byte[] withTables(byte[] jpeg) {
        int start = jpegTables.length == 0 ? 0 : Math.min(2, jpeg.length); // the tables have a start marker
        byte[] merged = Arrays.copyOf(jpegTables, jpegTables.length + jpeg.length - start);
        System.arraycopy(jpeg, start, merged, jpegTables.length, jpeg.length - start);
        return merged;
    }
}
