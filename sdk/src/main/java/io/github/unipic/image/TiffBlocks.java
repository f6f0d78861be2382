package io.github.unipic.image;

import java.util.Arrays;
import java.util.Optional;

/**
 * The blocks that contain the pixels of a TIFF page: tiles, or strips as wide as the page. Blocks are numbered from
 * left to right, then down, then by plane.
 */
final class TiffBlocks {
    private static final int YCBCR = 6;

    /** What starting a JPEG decoder is worth, measured in bytes that other blocks have. */
    private static final int JPEG_START = 4096;

    /** Work that any file may be, so that small pages may be split as they like. */
    private static final int ALLOWANCE = 1 << 24;

    private final EncodedImage encoded;
    private final Optional<TiffCompression> compression;
    private final long pageHeight;
    private final long width;
    private final long height;
    private final long across;
    private final long down;
    private final long planes;
    private final long samples;
    private final long bits;
    private final long unitWidth;
    private final long unitHeight;
    private final long[] offsets;
    private final long[] lengths;
    private final long[] sortedOffsets;

    /**
     * Finds the blocks of a page.
     *
     * @throws io.github.unipic.ImageFormatException if their sizes are invalid, or they are not all listed
     * @throws ArithmeticException if their sizes overflow, and so are invalid too
     */
    TiffBlocks(EncodedImage encoded, TiffDirectory directory) {
        this.encoded = encoded;
        compression = TiffCompression.of(directory.value(TiffTag.COMPRESSION, 1));
        boolean apart = directory.value(TiffTag.PLANAR, 1) == 2;
        long allSamples = directory.value(TiffTag.SAMPLES, 1);
        planes = apart ? allSamples : 1;
        samples = apart ? 1 : allSamples;
        bits = directory.value(TiffTag.BITS, 1);

        boolean shared = directory.value(TiffTag.PHOTOMETRIC, 0) == YCBCR
                && !compression.equals(Optional.of(TiffCompression.JPEG))
                && allSamples == 3
                && !apart;
        long[] subsampling = directory.values(TiffTag.CHROMA_SUBSAMPLING);
        unitWidth = !shared ? 1 : subsampling.length == 2 ? subsampling[0] : 2;
        unitHeight = !shared ? 1 : subsampling.length == 2 ? subsampling[1] : 2;

        // Some tiled files list their tiles under the strips' tags.
        boolean tiles = directory.has(TiffTag.TILE_OFFSETS);
        offsets = directory.values(tiles ? TiffTag.TILE_OFFSETS : TiffTag.STRIP_OFFSETS);
        lengths = directory.values(tiles ? TiffTag.TILE_BYTES : TiffTag.STRIP_BYTES);
        boolean known =
                lengths.length >= offsets.length && Arrays.stream(lengths).noneMatch(length -> length == 0);
        sortedOffsets = known ? new long[0] : Arrays.stream(offsets).sorted().toArray();

        long pageWidth = directory.value(TiffTag.WIDTH, 0);
        pageHeight = directory.value(TiffTag.HEIGHT, 0);
        if (directory.has(TiffTag.TILE_WIDTH)) {
            width = directory.value(TiffTag.TILE_WIDTH, 0);
            height = directory.value(TiffTag.TILE_HEIGHT, 0);
        } else {
            width = pageWidth;
            long rows = directory.value(TiffTag.ROWS_PER_STRIP, 0);
            long strips = Math.max(1, offsets.length / Math.max(1, planes));
            height = rows == 0 ? ceilDiv(pageHeight, strips) : Math.min(rows, pageHeight);
        }
        if (Math.min(Math.min(pageWidth, pageHeight), Math.min(width, height)) < 1
                || Math.min(Math.min(allSamples, bits), Math.min(unitWidth, unitHeight)) < 1) {
            throw encoded.damaged("a TIFF page of impossible sizes");
        }
        across = ceilDiv(pageWidth, width);
        down = ceilDiv(pageHeight, height);
        if (offsets.length < count()) {
            throw encoded.damaged(
                    "a TIFF page that lists " + offsets.length + " of its " + count() + " strips or tiles");
        }
    }

    /** Whether a page lists any blocks. */
    static boolean isListed(TiffDirectory directory) {
        return directory.has(TiffTag.TILE_OFFSETS) || directory.has(TiffTag.STRIP_OFFSETS);
    }

    /** Bytes of the file that finding a page's blocks reads. */
    static long bytesRead(TiffDirectory directory) {
        return directory.bytes(
                TiffTag.STRIP_OFFSETS,
                TiffTag.STRIP_BYTES,
                TiffTag.TILE_OFFSETS,
                TiffTag.TILE_BYTES,
                TiffTag.CHROMA_SUBSAMPLING);
    }

    private static long ceilDiv(long a, long b) {
        return Math.addExact(a, b - 1) / b;
    }

    /** Width of a block in pixels, including any beyond the page. */
    long width() {
        return width;
    }

    long height() {
        return height;
    }

    long planes() {
        return planes;
    }

    long unitWidth() {
        return unitWidth;
    }

    long unitHeight() {
        return unitHeight;
    }

    long count() {
        return Math.multiplyExact(Math.multiplyExact(across, down), planes);
    }

    long left(long block) {
        return block % across * width;
    }

    long top(long block) {
        return block / across % down * height;
    }

    /** Rows of a block that are on the page. */
    long rows(long block) {
        return Math.min(height, pageHeight - top(block));
    }

    /** Bytes of a row, or of the rows that share chroma samples. */
    long unitBytes() {
        if (unitWidth * unitHeight > 1) {
            return Math.multiplyExact(ceilDiv(width, unitWidth), Math.multiplyExact(unitWidth, unitHeight) + 2);
        }
        return ceilDiv(Math.multiplyExact(Math.multiplyExact(width, samples), bits), 8);
    }

    /** Uncompressed bytes of a block's rows on the page. */
    long rawBytes(long block) {
        return Math.multiplyExact(unitBytes(), ceilDiv(rows(block), unitHeight));
    }

    long offset(long block) {
        return offsets[(int) block];
    }

    /**
     * Bytes of a block in the file. If the page does not give their number, all up to the next block; without
     * compression at most what its pixels need.
     */
    long length(long block) {
        long rest = encoded.bytes().length - offset(block);
        long length = block < lengths.length ? lengths[(int) block] : 0;
        if (length == 0) {
            int next = Arrays.binarySearch(sortedOffsets, offset(block) + 1);
            int after = next < 0 ? -next - 1 : next;
            length = after == sortedOffsets.length ? rest : Math.min(rest, sortedOffsets[after] - offset(block));
        }
        return compression.equals(Optional.of(TiffCompression.NONE)) ? Math.min(length, rawBytes(block)) : length;
    }

    /**
     * Checks the blocks against the file's length before anything is read or allocated.
     *
     * @throws io.github.unipic.ImageFormatException if it ends before a block does, or a block has too few bytes for
     *     its pixels
     */
    void checkWhole() {
        for (long block = 0; block < count(); block++) {
            long length = length(block);
            boolean whole = compression.isEmpty()
                    || rawBytes(block)
                            <= Math.multiplyExact(length, compression.get().maxExpansion(width));
            if (length > encoded.bytes().length - offset(block) || !whole) {
                throw encoded.cutShort();
            }
        }
    }

    /**
     * Checks the work of reading against the page's pixels: blocks may share bytes and reach beyond the page, but only
     * within reason.
     */
    void checkWork(long pageWidth) {
        long pixels = Math.multiplyExact(pageWidth, pageHeight);
        long bytes =
                encoded.bytes().length + Math.multiplyExact(pixels, Math.multiplyExact(samples * planes, bits)) / 8;
        if (compression.equals(Optional.of(TiffCompression.JPEG)) && JPEG_START * count() > bytes + ALLOWANCE) {
            throw encoded.unsupported("a TIFF file of " + count() + " JPEG strips or tiles for few pixels");
        }
        long work = 0;
        for (long block = 0; block < count(); block++) {
            work += length(block);
        }
        if (work > bytes) {
            throw encoded.damaged("its strips or tiles overlap");
        }
        if (Math.multiplyExact(Math.multiplyExact(across, width), pageHeight) > 16 * pixels + ALLOWANCE) {
            throw encoded.damaged("its tiles are far larger than its pixels");
        }
    }
}
