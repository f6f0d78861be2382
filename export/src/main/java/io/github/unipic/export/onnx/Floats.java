package io.github.unipic.export.onnx;

import ai.onnxruntime.platform.Fp16Conversions;
import io.github.unipic.export.ExportException;
import io.github.unipic.export.checkpoint.CheckpointTensor;
import java.io.IOException;
import java.util.List;
import java.util.stream.LongStream;

/**
 * A tensor's values as they are, rounded to a floating-point type.
 *
 * @param transposed rows and columns of a matrix exchanged: PyTorch's [out,in] becomes [in,out], as MatMul wants it
 */
public record Floats(ElementType type, boolean transposed) implements Encoding {
    private static final int CHUNK_ELEMENTS = 1 << 20;
    private static final int MAGNITUDE = 0x7fff;
    private static final int FLOAT16_INFINITY = 0x7c00;
    private static final int BFLOAT16_INFINITY = 0x7f80;

    @Override
    public List<Part> parts(CheckpointTensor tensor) {
        String name =
                tensor.name() + (transposed ? ".T" : "") + (type == ElementType.FLOAT32 ? "" : "." + type.label());
        List<Long> shape = LongStream.of(tensor.shape()).boxed().toList();
        return List.of(new Part(name, type, transposed ? List.of(shape.get(1), shape.get(0)) : shape));
    }

    @Override
    public void write(CheckpointTensor tensor, List<ChunkedOutput> outs) throws IOException {
        ChunkedOutput out = outs.get(0);
        if (transposed) {
            Transposition.forEach(tensor, (row, value) -> put(tensor, value, out));
            return;
        }
        float[] values = new float[(int) Math.min(CHUNK_ELEMENTS, tensor.elementCount())];
        for (long first = 0; first < tensor.elementCount(); first += values.length) {
            int count = (int) Math.min(values.length, tensor.elementCount() - first);
            tensor.read(first, values, 0, count);
            for (int i = 0; i < count; i++) {
                put(tensor, values[i], out);
            }
        }
    }

    private void put(CheckpointTensor tensor, float value, ChunkedOutput out) throws IOException {
        switch (type) {
            case FLOAT32 -> out.putFloat(value);
            case FLOAT16 ->
                out.putShort(converted(tensor, value, Fp16Conversions.floatToFp16(value), FLOAT16_INFINITY));
            case BFLOAT16 ->
                out.putShort(converted(tensor, value, Fp16Conversions.floatToBf16(value), BFLOAT16_INFINITY));
            default -> throw new IllegalStateException(type + " is not a floating-point type");
        }
    }

    /** What became of a value, unless it was finite and became infinite. */
    private short converted(CheckpointTensor tensor, float value, short converted, int infinity) {
        if ((converted & MAGNITUDE) == infinity && !Float.isInfinite(value)) {
            throw new ExportException(
                    "Tensor " + tensor.name() + " holds " + value + ", which would become infinite: it is beyond "
                            + type.label() + "; export with --precision fp32.");
        }
        return converted;
    }
}
