package io.github.unipic.export.modules;

import io.github.unipic.export.onnx.Value;

/** A residual block of the autoencoder: twice GroupNorm, SiLU, 3x3 convolution; [B,in,H,W] to [B,out,H,W]. */
record ResBlock(Weights weights, long in, long out, GroupStatistics statistics) {

    Value apply(Value x) {
        return x.graph().scope(weights.prefix(), () -> {
            Value h =
                    new GroupNorm(weights.at("norm1"), in, statistics).apply(x).silu();
            h = new Conv(weights.at("conv1"), in, out, 3).apply(h);
            h = new GroupNorm(weights.at("norm2"), out, statistics).apply(h).silu();
            h = new Conv(weights.at("conv2"), out, out, 3).apply(h);
            Value shortcut = in == out ? x : new Conv(weights.at("nin_shortcut"), in, out, 1).apply(x);
            return shortcut.add(h);
        });
    }
}
