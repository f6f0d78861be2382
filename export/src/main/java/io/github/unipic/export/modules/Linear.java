package io.github.unipic.export.modules;

import io.github.unipic.export.Precision;
import io.github.unipic.export.onnx.BlockQuantizer;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Int8Matrix;
import io.github.unipic.export.onnx.RowQuantizer;
import io.github.unipic.export.onnx.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
        List<Value> addends = new ArrayList<>();
        Value y = weights.precision() == Precision.INT8 && !isNarrow() ? productInInt8(x, addends) : product(x);
        bias(x.graph()).ifPresent(addends::add);
        addends.addAll(offsets);
        return addends.isEmpty() ? y : y.add(x.graph().sumOfConstants(addends));
    }

    /** @param addends gets what is to be added to the product */
    private Value productInInt8(Value x, List<Value> addends) {
        Int8Matrix matrix = weights.int8(x.graph(), new RowQuantizer(x.minimum()), "weight", out, in);
        matrix.offset().ifPresent(addends::add);
        return x.matMulInt8(matrix, weights.flavor());
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
