package io.github.unipic.export.onnx;

import io.github.unipic.export.checkpoint.CheckpointTensor;
import java.io.IOException;

/** Reads a matrix column by column, in bands of columns, so that one of any size passes in bounded memory. */
final class Transposition {
    private static final int BAND_ELEMENTS = 1 << 24;

    private Transposition() {}

    /** Takes a value and the row of the matrix that it stands in. */
    @FunctionalInterface
    interface Sink {
        void take(int row, float value) throws IOException;
    }

    static void forEach(CheckpointTensor matrix, Sink sink) throws IOException {
        int rows = Math.toIntExact(matrix.shape()[0]);
        int columns = Math.toIntExact(matrix.shape()[1]);
        int bandWidth = Math.max(1, Math.min(columns, BAND_ELEMENTS / rows));
        float[] band = new float[Math.multiplyExact(rows, bandWidth)];
        for (int left = 0; left < columns; left += bandWidth) {
            int width = Math.min(bandWidth, columns - left);
            for (int row = 0; row < rows; row++) {
                matrix.read((long) row * columns + left, band, row * width, width);
            }
            for (int column = 0; column < width; column++) {
                for (int row = 0; row < rows; row++) {
                    sink.take(row, band[row * width + column]);
                }
            }
        }
    }
}
