package io.github.unipic.export.modules;

import io.github.unipic.export.onnx.Value;

/** Single-head self-attention over the pixels of [B,C,H,W], scale 1/sqrt(C), with a residual. */
record SpatialAttention(Weights weights, long channels, GroupStatistics statistics) {

    Value apply(Value x) {
        return x.graph().scope(weights.prefix(), () -> {
            Value y = new GroupNorm(weights.at("norm"), channels, statistics).apply(x);
            Value attended = rows("q", y).singleHeadAttention(columns("k", y), rows("v", y), channels);
            Value image = attended.transpose(0, 2, 1).reshape(x.shape());
            return x.add(new Conv(weights.at("proj_out"), channels, channels, 1).apply(image));
        });
    }

    /** A 1x1 convolution, as one row per pixel: [B,H*W,C]. */
    private Value rows(String name, Value y) {
        return columns(name, y).transpose(0, 2, 1);
    }

    /** As {@link #rows}, one column per pixel: [B,C,H*W]. */
    private Value columns(String name, Value y) {
        return new Conv(weights.at(name), channels, channels, 1).apply(y).reshape(0, channels, -1);
    }
}
