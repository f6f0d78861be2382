package io.github.unipic.export.modules;

import io.github.unipic.export.Precision;
import io.github.unipic.export.onnx.BlockQuantizer;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Int8Matrix;
import io.github.unipic.export.onnx.RowQuantizer;
import io.github.unipic.export.onnx.Value;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * y = x W^T + b on the last axis; the bias is optional. W is quantized as the graph's precision says, unless it is
 * narrower than the smallest block, of {@value BlockQuantizer#SMALLEST}, on a side: such a matrix costs next to
 * nothing.
 */
record Linear(Weights weights, long in, long out, boolean biased) {
    Linear(Weights weights, long in, long out) {
        this(weights, in, out, true);
    }

    Value apply(Value x) {
        return apply(x, List.of());
    }

    /** @param offsets constants [out], which are added to the bias */
    Value apply(Value x, List<Value> offsets) {
        if (weights.precision() == Precision.INT8 && !isNarrow()) {
            Int8Matrix matrix = weights.int8(x.graph(), new RowQuantizer(x.minimum()), "weight", out, in);
            Value y = x.matMulInt8(matrix, weights.flavor());
            return plusBias(y, Stream.concat(matrix.offset().stream(), offsets.stream()));
        }
        return plusBias(product(x), offsets.stream());
    }

    private Value plusBias(Value y, Stream<Value> offsets) {
        List<Value> addends = Stream.concat(bias(y.graph()).stream(), offsets).toList();
        return addends.isEmpty() ? y : y.add(y.graph().sumOfConstants(addends));
    }

    private Optional<Value> bias(Graph graph) {
        return biased ? Optional.of(weights.tensor(graph, "bias", out)) : Optional.empty();
    }

    private Value product(Value x) {
        if (isInBlocks()) {
            return x.matMulBlocks(weights.blocks(x.graph(), "weight", out, in), in, out);
        }
        return x.matMul(weights.transposed(x.graph(), "weight", out, in));
    }

    /** Whether W is quantized in blocks of 4 bits. */
    boolean isInBlocks() {
        return weights.precision() == Precision.INT4 && !isNarrow();
    }

    private boolean isNarrow() {
        return Math.min(in, out) < BlockQuantizer.SMALLEST;
    }
}
