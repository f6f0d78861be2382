package io.github.unipic.export.modules;

import io.github.unipic.export.onnx.Value;

/** y = x W^T + b on the last axis; the bias is optional. */
record Linear(Weights weights, long in, long out, boolean biased) {

    Linear(Weights weights, long in, long out) {
        this(weights, in, out, true);
    }

    Value apply(Value x) {
        Value y = x.matMul(weights.transposed(x.graph(), "weight", out, in));
        return biased ? y.add(weights.tensor(x.graph(), "bias", out)) : y;
    }
}
