package io.github.unipic.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.apache.commons.imaging.common.PackBits;
import org.apache.commons.imaging.formats.tiff.itu_t4.T4AndT6Compression;
import org.apache.commons.imaging.mylzw.MyLzwDecompressor;

/** How the strips and tiles of a TIFF page are compressed (TIFF 6.0, and its technical notes for JPEG and deflate). */
enum TiffCompression {
    NONE,
    CCITT_RUNS,
    CCITT_T4,
    CCITT_T6,
    LZW,
    JPEG,
    DEFLATE,
    PACK_BITS;

    private static final Map<Long, TiffCompression> NUMBERS = Map.of(
            1L,
            NONE,
            2L,
            CCITT_RUNS,
            3L,
            CCITT_T4,
            4L,
            CCITT_T6,
            5L,
            LZW,
            7L,
            JPEG,
            8L,
            DEFLATE,
            32_946L,
            DEFLATE,
            32_773L,
            PACK_BITS);
    private static final Map<Long, String> OTHERS = Map.of(
            6L, "old-style JPEG",
            34_712L, "JPEG 2000",
            34_887L, "LERC",
            34_892L, "lossy JPEG",
            34_925L, "LZMA",
            34_933L, "PNG",
            34_934L, "JPEG XR",
            50_000L, "Zstandard",
            50_001L, "WebP",
            50_002L, "JPEG XL");
    private static final int T4_TWO_DIMENSIONAL = 1;
    private static final int T4_FILLED = 4;

    /** The compression of a number; empty if it cannot be read. */
    static Optional<TiffCompression> of(long number) {
        return Optional.ofNullable(NUMBERS.get(number));
    }

    /** The name of a compression that cannot be read. */
    static String describe(long number) {
        return OTHERS.getOrDefault(number, "unknown") + " compression (" + number + ")";
    }

    boolean isCcitt() {
        return this == CCITT_RUNS || this == CCITT_T4 || this == CCITT_T6;
    }

    /** The largest number of bytes that one compressed byte can expand to, in rows of this many pixels. */
    long maxExpansion(long width) {
        return switch (this) {
            case NONE -> 1;
            case CCITT_RUNS, CCITT_T4, CCITT_T6 -> width + 7; // a bit for a row
            case LZW -> 2560; // 12 bits for the longest string of 3839
            case JPEG -> 2048; // a bit for 64 samples of each of 4 components
            case DEFLATE -> 1040; // 2 bits for 258 bytes
            case PACK_BITS -> 64; // 2 bytes for 128
        };
    }

    /** Bytes of heap that decompressing takes at its peak for each byte of its result. */
    int heapFactor() {
        return switch (this) {
            case NONE -> 1; // a copy, where bits are in reversed order
            case JPEG, DEFLATE -> 2;
            case CCITT_RUNS, CCITT_T4, CCITT_T6, LZW, PACK_BITS -> 3; // into an array that grows
        };
    }

    /**
     * Decompresses a block, other than JPEG.
     *
     * @param data the compressed bytes
     * @param length how many bytes are wanted
     * @param width pixels of a row, for CCITT
     * @param rows rows that are wanted, for CCITT
     * @param t4Options the tag of this name
     * @return the bytes wanted and perhaps more; fewer if the data end early
     * @throws IOException if the data are damaged; any unchecked exception may mean the same
     */
    byte[] expand(byte[] data, int length, int width, int rows, long t4Options) throws IOException {
        boolean filled = (t4Options & T4_FILLED) != 0;
        return switch (this) {
            case NONE -> data;
            case CCITT_RUNS -> T4AndT6Compression.decompressModifiedHuffman(data, width, rows);
            case CCITT_T4 ->
                (t4Options & T4_TWO_DIMENSIONAL) != 0
                        ? T4AndT6Compression.decompressT4_2D(data, width, rows, filled)
                        : T4AndT6Compression.decompressT4_1D(data, width, rows, filled);
            case CCITT_T6 -> T4AndT6Compression.decompressT6(data, width, rows);
            case LZW ->
                new MyLzwDecompressor(8, ByteOrder.BIG_ENDIAN, true).decompress(new ByteArrayInputStream(data), length);
            case DEFLATE -> inflate(data, length);
            case PACK_BITS -> PackBits.decompress(data, length);
            case JPEG -> throw new IllegalArgumentException("JPEG is decoded as a whole");
        };
    }

    private static byte[] inflate(byte[] data, int length) throws IOException {
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(data);
            byte[] bytes = new byte[length];
            int count = 0;
            while (count < length && !inflater.finished() && !inflater.needsInput() && !inflater.needsDictionary()) {
                count += inflater.inflate(bytes, count, length - count);
            }
            return count == length ? bytes : Arrays.copyOf(bytes, count);
        } catch (DataFormatException e) {
            throw new IOException(e);
        } finally {
            inflater.end();
        }
    }
}
