package io.github.unipic.export.modules;

import io.github.unipic.export.Precision;
import io.github.unipic.export.onnx.BlockQuantizer;
import io.github.unipic.export.onnx.RowQuantizer;
import io.github.unipic.export.onnx.Value;
import java.util.List;

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
        Value y = product(x);
        return biased ? y.add(weights.tensor(x.graph(), "bias", out)) : y;
    }

    private Value product(Value x) {
        if (weights.precision() == Precision.INT8 && !isNarrow()) {
            List<Value> encoded = weights.encoded(x.graph(), new RowQuantizer(), "weight", out, in);
            return x.matMulInt8(encoded.get(0), encoded.get(1));
        }
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
