package io.github.unipic.export.modules;

import io.github.unipic.export.onnx.Value;

/** Layer normalization with scale and bias over the last axis. */
record LayerNorm(Weights weights, long size, double epsilon) {

    Value apply(Value x) {
        Value scale = weights.tensor(x.graph(), "weight", size);
        return x.layerNorm(scale, weights.tensor(x.graph(), "bias", size), epsilon);
    }
}
