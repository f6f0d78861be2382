package io.github.unipic.export.onnx;

import io.github.unipic.export.ExportException;
import io.github.unipic.export.checkpoint.CheckpointTensor;
import java.io.IOException;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Symmetric int8 with one scale for each row of a matrix [out,in], that is for each output: w ≈ q · scale, q from -127
 * to 127, scale = max |w| / 127. The error of a value is at most half a scale.
 *
 * @param minimum of the inputs that the matrix is multiplied with, if they are shifted by it to start at zero
 */
public record RowQuantizer(OptionalDouble minimum) implements Encoding {
    private static final int LARGEST = 127;

    /**
     * The integers, int8, transposed to [in,out], as MatMulInteger wants them; the scales, float32 [out]; and for
     * shifted inputs what the shift takes from each output, float32 [out]: minimum · scale · (sum of q).
     */
    @Override
    public List<Part> parts(CheckpointTensor matrix) {
        long out = matrix.shape()[0];
        long in = matrix.shape()[1];
        String name = matrix.name() + ".T.int8";
        Part integers = new Part(name, ElementType.INT8, List.of(in, out));
        Part scales = new Part(name + ".scale", ElementType.FLOAT32, List.of(out));
        Part offset = new Part(name + ".offset", ElementType.FLOAT32, List.of(out));
        return minimum.isPresent() ? List.of(integers, scales, offset) : List.of(integers, scales);
    }

    @Override
    public void write(CheckpointTensor matrix, List<ChunkedOutput> outs) throws IOException {
        float[] scales = scales(matrix);
        long[] sums = new long[scales.length];
        Transposition.forEach(matrix, (row, value) -> {
            int q = quantize(value, scales[row]);
            sums[row] += q;
            outs.get(0).putByte(q);
        });
        for (float scale : scales) {
            outs.get(1).putFloat(scale);
        }
        if (minimum.isPresent()) {
            for (int row = 0; row < scales.length; row++) {
                outs.get(2).putFloat((float) (minimum.getAsDouble() * scales[row] * sums[row]));
            }
        }
    }

    /** The scale of one row; 0 for a row of zeros. */
    static float scale(float[] row, String tensor) {
        float largest = 0;
        for (float value : row) {
            largest = Math.max(largest, Math.abs(value)); // NaN stays NaN
        }
        requireFinite(largest, tensor);
        return largest / LARGEST;
    }

    static int quantize(float value, float scale) {
        return scale == 0 ? 0 : Math.max(-LARGEST, Math.min(LARGEST, Math.round(value / scale)));
    }

    static void requireFinite(float largest, String tensor) {
        if (!Float.isFinite(largest)) {
            throw new ExportException("Tensor " + tensor + " holds " + largest
                    + ", which cannot be quantized; export with --precision fp32.");
        }
    }

    private static float[] scales(CheckpointTensor matrix) {
        int columns = Math.toIntExact(matrix.shape()[1]);
        float[] scales = new float[Math.toIntExact(matrix.shape()[0])];
        float[] row = new float[columns];
        for (int i = 0; i < scales.length; i++) {
            matrix.read((long) i * columns, row, 0, columns);
            scales[i] = scale(row, matrix.name());
        }
        return scales;
    }
}
