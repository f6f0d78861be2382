package io.github.unipic.export.onnx;

import io.github.unipic.export.ExportException;
import io.github.unipic.export.checkpoint.CheckpointTensor;
import java.io.IOException;
import java.util.List;

/**
 * Symmetric int8 with one scale for each row of a matrix [out,in], that is for each output: w ≈ q · scale, q from -127
 * to 127, scale = max |w| / 127. The error of a value is at most half a scale.
 */
public final class RowQuantizer {
    private static final int LARGEST = 127;

    private RowQuantizer() {}

    /** The integers, transposed to [in,out], as MatMulInteger wants them. */
    public static Encoding values() {
        return new Values();
    }

    /** The scales, float32 [out]. */
    public static Encoding scales() {
        return new Scales();
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

    private record Values() implements Encoding {
        @Override
        public String name(CheckpointTensor tensor) {
            return tensor.name() + ".T.int8";
        }

        @Override
        public ElementType type() {
            return ElementType.INT8;
        }

        @Override
        public List<Long> shape(CheckpointTensor tensor) {
            return List.of(tensor.shape()[1], tensor.shape()[0]);
        }

        @Override
        public void write(CheckpointTensor tensor, ChunkedOutput out) throws IOException {
            float[] scales = scales(tensor);
            Transposition.forEach(tensor, (row, value) -> out.putByte(quantize(value, scales[row])));
        }
    }

    private record Scales() implements Encoding {
        @Override
        public String name(CheckpointTensor tensor) {
            return tensor.name() + ".T.int8.scale";
        }

        @Override
        public ElementType type() {
            return ElementType.FLOAT32;
        }

        @Override
        public List<Long> shape(CheckpointTensor tensor) {
            return List.of(tensor.shape()[0]);
        }

        @Override
        public void write(CheckpointTensor tensor, ChunkedOutput out) throws IOException {
            for (float scale : scales(tensor)) {
                out.putFloat(scale);
            }
        }
    }
}
