package io.github.unipic.export.modules;

import io.github.unipic.export.Precision;
import io.github.unipic.export.onnx.BlockQuantizer;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Int8Matrix;
import io.github.unipic.export.onnx.RowQuantizer;
import io.github.unipic.export.onnx.Value;
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
        if (weights.precision() == Precision.INT8 && !isNarrow()) {
            return inInt8(x);
        }
        Value y = product(x);
        return bias(x.graph()).map(y::add).orElse(y);
    }

    private Value inInt8(Value x) {
        Int8Matrix matrix = weights.int8(x.graph(), new RowQuantizer(x.minimum()), "weight", out, in);
        Value y = x.matMulInt8(matrix, weights.flavor());
        // Added to each other first, so that a runtime does it once, when it loads the graph.
        return Stream.concat(bias(x.graph()).stream(), matrix.offset().stream())
                .reduce(Value::add)
                .map(y::add)
                .orElse(y);
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
