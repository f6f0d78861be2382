package io.github.unipic.export.onnx;

import io.github.unipic.export.checkpoint.CheckpointTensor;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Blocks of values along a matrix's rows [out,in], each with a float32 scale and an integer zero point: w ≈ (q - zero)
 * · scale, q and zero from 0 to 2^bits - 1. A row that ends within a block is padded with zeros. Zero is exact.
 *
 * <p>With 8 bits the zero point is 128 and is not stored; the value farthest from zero becomes q = 0, so that the
 * entire range is used on its side. With 4 bits scale and zero point are those of the least squared error that a few
 * tries find: the block's range from least to greatest value, narrowed step by step, and for each the scale that fits
 * the rounded values best (linear least squares). Values outside a narrowed range are clipped.
 *
 * @param bits 4, two values a byte, the first in the low half; or 8
 * @param size values that share a scale, one of {@link #SIZES}
 */
public record BlockQuantizer(int bits, int size) implements Encoding {
    /** The smallest blocks, and the most exact. */
    public static final int SMALLEST = 32;

    /** The sizes of blocks that are possible, ascending. */
    public static final List<Integer> SIZES = List.of(SMALLEST, 64, 128);

    /** Shares of a block's range that are tried; measured, docs/precision.md. */
    private static final float[] RANGES = {1, 0.95f, 0.9f, 0.85f, 0.8f, 0.75f, 0.7f};

    /** Rows that are quantized at once, by all processors. */
    private static final int ROWS = 64;

    public BlockQuantizer {
        if (bits != 4 && bits != 8) {
            throw new IllegalArgumentException("Blocks of " + bits + " bits; 4 or 8 are possible.");
        }
        if (!SIZES.contains(size)) {
            throw new IllegalArgumentException("Blocks of " + size + " values; possible are " + SIZES + ".");
        }
    }

    /** For rows of {@code columns} values: blocks of {@code size}, or of the largest size that such a row fills. */
    public static BlockQuantizer fitting(int bits, int size, long columns) {
        int fitting = size;
        while (fitting > columns && fitting > SMALLEST) {
            fitting /= 2;
        }
        return new BlockQuantizer(bits, fitting);
    }

    /**
     * As MatMulNBits wants them: the integers, uint8 [out,blocks,bytes of a block]; the scales, float32 [out,blocks];
     * with 4 bits the zero points, uint8 [out,bytes of a row], two in a byte, the first in the low half.
     */
    @Override
    public List<Part> parts(CheckpointTensor matrix) {
        String name = matrix.name() + ".blocks" + bits + "x" + size;
        long rows = matrix.shape()[0];
        long blocks = blocks(matrix.shape()[1]);
        Part integers = new Part(name, ElementType.UINT8, List.of(rows, blocks, size * bits / 8L));
        Part scales = new Part(name + ".scale", ElementType.FLOAT32, List.of(rows, blocks));
        Part zeros = new Part(name + ".zero", ElementType.UINT8, List.of(rows, (blocks + 1) / 2));
        return bits == 4 ? List.of(integers, scales, zeros) : List.of(integers, scales);
    }

    /** Rows are read, fitted by all processors, and written, some at a time. */
    @Override
    public void write(CheckpointTensor matrix, List<ChunkedOutput> outs) throws IOException {
        int columns = Math.toIntExact(matrix.shape()[1]);
        Row[] rows = new Row[ROWS];
        Arrays.setAll(rows, i -> new Row(columns));
        for (long first = 0; first < matrix.shape()[0]; first += ROWS) {
            int count = (int) Math.min(ROWS, matrix.shape()[0] - first);
            for (int i = 0; i < count; i++) {
                matrix.read((first + i) * columns, rows[i].values, 0, columns);
            }
            IntStream.range(0, count).parallel().forEach(i -> rows[i].fit(matrix.name()));
            for (int i = 0; i < count; i++) {
                rows[i].write(outs);
            }
        }
    }

    /** Blocks of a row of {@code columns} values. */
    private int blocks(long columns) {
        return Math.toIntExact((columns + size - 1) / size);
    }

    /** A matrix's row, padded to full blocks, with what each block is quantized to. */
    private final class Row {
        private final float[] values;
        private final float[] scales;
        private final int[] zeros;
        private final byte[] integers;

        Row(int columns) {
            scales = new float[blocks(columns)];
            zeros = new int[scales.length];
            values = new float[scales.length * size];
            integers = new byte[values.length * bits / 8];
        }

        void fit(String tensor) {
            for (int block = 0; block < scales.length; block++) {
                requireFinite(block, tensor);
                if (bits == 8) {
                    fitFarthest(block);
                } else {
                    fitLeastSquares(block);
                }
                pack(block);
            }
        }

        private void pack(int block) {
            double perScale = scales[block] == 0 ? 0 : 1.0 / scales[block];
            for (int i = block * size; i < (block + 1) * size; i++) {
                int integer = rounded(values[i], perScale, zeros[block]);
                if (bits == 8) {
                    integers[i] = (byte) integer;
                } else {
                    integers[i / 2] = (byte) (i % 2 == 0 ? integer : integers[i / 2] | integer << 4);
                }
            }
        }

        void write(List<ChunkedOutput> outs) throws IOException {
            outs.get(0).putBytes(integers);
            for (float scale : scales) {
                outs.get(1).putFloat(scale);
            }
            if (bits == 4) {
                for (int i = 0; i < zeros.length; i += 2) {
                    outs.get(2).putByte(zeros[i] | (i + 1 < zeros.length ? zeros[i + 1] << 4 : 0));
                }
            }
        }

        private void requireFinite(int block, String tensor) {
            for (int i = block * size; i < (block + 1) * size; i++) {
                RowQuantizer.requireFinite(values[i], tensor);
            }
        }

        private void fitFarthest(int block) {
            float farthest = 0;
            for (int i = block * size; i < (block + 1) * size; i++) {
                if (Math.abs(values[i]) > Math.abs(farthest)) {
                    farthest = values[i];
                }
            }
            zeros[block] = 128;
            scales[block] = farthest / -128;
        }

        private void fitLeastSquares(int block) {
            double least = 0;
            double greatest = 0;
            for (int i = block * size; i < (block + 1) * size; i++) {
                least = Math.min(least, values[i]);
                greatest = Math.max(greatest, values[i]);
            }
            double middle = (least + greatest) / 2;
            double most = 0;
            zeros[block] = 8;
            scales[block] = 0;
            for (float range : RANGES) {
                double low = Math.min(0, middle + range * (least - middle));
                double high = Math.max(0, middle + range * (greatest - middle));
                float step = (float) ((high - low) / 15);
                if (step == 0) {
                    return;
                }
                int zero = (int) Math.round(-low / step);
                double products = 0;
                int squares = 0;
                for (int i = block * size; i < (block + 1) * size; i++) {
                    int units = rounded(values[i], 1.0 / step, zero) - zero;
                    products += (double) values[i] * units;
                    squares += units * units;
                }
                // The squared error with the best scale, products / squares, is the values' own squares less this.
                double explained = products * products / squares;
                if (explained > most) {
                    most = explained;
                    zeros[block] = zero;
                    scales[block] = (float) (products / squares);
                }
            }
        }

        private int rounded(float value, double perScale, int zero) {
            // What is below zero, where a cast rounds up, is clipped to zero.
            return Math.max(0, Math.min((1 << bits) - 1, (int) (value * perScale + zero + 0.5)));
        }
    }
}
