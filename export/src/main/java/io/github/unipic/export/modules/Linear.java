package io.github.unipic.export.modules;

import io.github.unipic.export.Precision;
import io.github.unipic.export.onnx.BlockQuantizer;
import io.github.unipic.export.onnx.RowQuantizer;
import io.github.unipic.export.onnx.Value;

/**
 * y = x W^T + b on the last axis; the bias is optional. W is quantized as the graph's precision says, unless it is
 * narrower than one block of {@value BlockQuantizer#BLOCK} on a side: such a matrix costs next to nothing.
 */
record Linear(Weights weights, long in, long out, boolean biased) {
    private static final BlockQuantizer BLOCKS = new BlockQuantizer(4);

    Linear(Weights weights, long in, long out) {
        this(weights, in, out, true);
    }

    Value apply(Value x) {
        Value y = product(x);
        return biased ? y.add(weights.tensor(x.graph(), "bias", out)) : y;
    }

    private Value product(Value x) {
        boolean narrow = Math.min(in, out) < BlockQuantizer.BLOCK;
        if (weights.precision() == Precision.INT8 && !narrow) {
            Value integers = weights.encoded(x.graph(), RowQuantizer.values(), "weight", out, in);
            return x.matMulInt8(integers, weights.encoded(x.graph(), RowQuantizer.scales(), "weight", out, in));
        }
        if (weights.precision() == Precision.INT4 && !narrow) {
            Value blocks = weights.encoded(x.graph(), BLOCKS.values(), "weight", out, in);
            Value scales = weights.encoded(x.graph(), BLOCKS.scales(), "weight", out, in);
            return x.matMulBlocks(blocks, scales, BLOCKS.bits(), in, out);
        }
        return x.matMul(weights.transposed(x.graph(), "weight", out, in));
    }
}
