package io.github.unipic.export.modules;

import io.github.unipic.export.onnx.Value;

/** The autoencoder's bottleneck: residual block, attention, residual block. */
record VaeMiddle(Weights weights, long channels, GroupStatistics statistics) {

    Value apply(Value x) {
        Value h = new ResBlock(weights.at("block_1"), channels, channels, statistics).apply(x);
        h = new SpatialAttention(weights.at("attn_1"), channels, statistics).apply(h);
        return new ResBlock(weights.at("block_2"), channels, channels, statistics).apply(h);
    }
}
