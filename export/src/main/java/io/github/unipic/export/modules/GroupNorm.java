package io.github.unipic.export.modules;

import io.github.unipic.export.onnx.Value;

/** Group normalisation over [B,C,H,W] with per-channel scale and bias. */
record GroupNorm(Weights weights, long channels, int groups) {
    private static final double EPSILON = 1e-6;

    Value apply(Value x) {
        Value scale = weights.tensor(x.graph(), "weight", channels);
        return x.groupNorm(scale, weights.tensor(x.graph(), "bias", channels), groups, EPSILON);
    }
}
