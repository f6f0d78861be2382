package io.github.unipic.export.onnx;

import io.github.unipic.export.checkpoint.CheckpointTensor;
import java.io.IOException;
import java.util.List;

/**
 * Blocks of values along a matrix's rows [out,in], each with a float32 scale: w ≈ (q - 2^(bits-1)) · scale, q from 0 to
 * 2^bits - 1. The value of a block that is farthest from zero becomes q = 0 exactly, as in ggml's Q4_0, so that the
 * whole range is used on its side; a value of the same size on the other side is off by one scale, all others by at
 * most half of one. A row that ends within a block is filled up with zeros.
 *
 * @param bits 4, two values a byte, the first in the low half; or 8
 * @param size values that share a scale, one of {@link #SIZES}
 */
public record BlockQuantizer(int bits, int size) {
    /** The smallest blocks, and the most exact. */
    public static final int SMALLEST = 32;

    /** The sizes of blocks that are possible, ascending. */
    public static final List<Integer> SIZES = List.of(SMALLEST, 64, 128);

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

    /** The integers, uint8 [out,blocks,bytes of a block], as MatMulNBits wants them. */
    public Encoding values() {
        return new Values(this);
    }

    /** The scales, float32 [out,blocks]. */
    public Encoding scales() {
        return new Scales(this);
    }

    /** Blocks of a row of {@code columns} values. */
    int blocks(long columns) {
        return Math.toIntExact((columns + size - 1) / size);
    }

    /** The scale of one block; 0 for zeros. */
    float scale(float[] values, int from, String tensor) {
        float farthest = 0;
        for (int i = from; i < from + size; i++) {
            if (!(Math.abs(values[i]) <= Math.abs(farthest))) { // NaN, too
                farthest = values[i];
                RowQuantizer.requireFinite(farthest, tensor);
            }
        }
        return farthest / -zero();
    }

    int quantize(float value, float scale) {
        return scale == 0 ? zero() : Math.max(0, Math.min(2 * zero() - 1, Math.round(value / scale) + zero()));
    }

    /** The integer that stands for 0. */
    int zero() {
        return 1 << (bits - 1);
    }

    private String name(CheckpointTensor tensor) {
        return tensor.name() + ".blocks" + bits + "x" + size;
    }

    /** Takes a row, filled up to whole blocks, and its blocks' scales. */
    @FunctionalInterface
    private interface RowSink {
        void take(float[] row, float[] scales) throws IOException;
    }

    private void forEachRow(CheckpointTensor matrix, RowSink sink) throws IOException {
        int columns = Math.toIntExact(matrix.shape()[1]);
        float[] scales = new float[blocks(columns)];
        float[] row = new float[scales.length * size];
        for (long i = 0; i < matrix.shape()[0]; i++) {
            matrix.read(i * columns, row, 0, columns);
            for (int block = 0; block < scales.length; block++) {
                scales[block] = scale(row, block * size, matrix.name());
            }
            sink.take(row, scales);
        }
    }

    private record Values(BlockQuantizer quantizer) implements Encoding {
        @Override
        public String name(CheckpointTensor tensor) {
            return quantizer.name(tensor);
        }

        @Override
        public ElementType type() {
            return ElementType.UINT8;
        }

        @Override
        public List<Long> shape(CheckpointTensor tensor) {
            return List.of(
                    tensor.shape()[0],
                    (long) quantizer.blocks(tensor.shape()[1]),
                    quantizer.size * quantizer.bits / 8L);
        }

        @Override
        public void write(CheckpointTensor tensor, ChunkedOutput out) throws IOException {
            quantizer.forEachRow(tensor, (row, scales) -> {
                for (int i = 0; i < row.length; i += 8 / quantizer.bits) {
                    float scale = scales[i / quantizer.size];
                    int packed = quantizer.quantize(row[i], scale);
                    if (quantizer.bits == 4) {
                        packed |= quantizer.quantize(row[i + 1], scale) << 4;
                    }
                    out.putByte(packed);
                }
            });
        }
    }

    private record Scales(BlockQuantizer quantizer) implements Encoding {
        @Override
        public String name(CheckpointTensor tensor) {
            return quantizer.name(tensor) + ".scale";
        }

        @Override
        public ElementType type() {
            return ElementType.FLOAT32;
        }

        @Override
        public List<Long> shape(CheckpointTensor tensor) {
            return List.of(tensor.shape()[0], (long) quantizer.blocks(tensor.shape()[1]));
        }

        @Override
        public void write(CheckpointTensor tensor, ChunkedOutput out) throws IOException {
            quantizer.forEachRow(tensor, (row, scales) -> {
                for (float scale : scales) {
                    out.putFloat(scale);
                }
            });
        }
    }
}
