package io.github.unipic.export.modules;

import io.github.unipic.export.onnx.Value;

/** Group normalization over [B,C,H,W] with per-channel scale and bias. */
record GroupNorm(Weights weights, long channels, GroupStatistics statistics) {

    Value apply(Value x) {
        Value scale = weights.tensor(x.graph(), "weight", channels);
        return statistics.normalize(x, scale, weights.tensor(x.graph(), "bias", channels));
    }
}
