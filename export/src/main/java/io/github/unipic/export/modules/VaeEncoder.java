package io.github.unipic.export.modules;

import io.github.unipic.export.modules.Architecture.Autoencoder;
import io.github.unipic.export.onnx.Value;

/** The KL autoencoder's encoder: pixels [B,3,H,W] to the posterior's mean [B,channels,h,w]. */
public record VaeEncoder(Weights weights, Autoencoder vae) {

    public Value apply(Value pixels) {
        GroupStatistics statistics = GroupStatistics.ofImage(vae.groups());
        Weights encoder = weights.at("encoder");
        long channels = vae.baseChannels();
        Value h = new Conv(encoder.at("conv_in"), 3, channels, 3).apply(pixels);
        for (int i = 0; i < vae.levels().size(); i++) {
            Weights level = encoder.at("down", i);
            long out = vae.levels().get(i);
            for (int j = 0; j < vae.encoderBlocks(); j++) {
                h = new ResBlock(level.at("block", j), channels, out, statistics).apply(h);
                channels = out;
                if (level.has("attn." + j + ".q.weight")) {
                    h = new SpatialAttention(level.at("attn", j), channels, statistics).apply(h);
                }
            }
            if (level.has("downsample.conv.weight")) {
                // The model pads right and bottom only.
                h = new Conv(level.at("downsample.conv"), channels, channels, 3).apply(h, 2, 0, 0, 1, 1);
            }
        }
        h = new VaeMiddle(encoder.at("mid"), channels, statistics).apply(h);
        h = new GroupNorm(encoder.at("norm_out"), channels, statistics).apply(h).silu();
        long moments = 2L * vae.latentChannels();
        h = new Conv(encoder.at("conv_out"), channels, moments, 3).apply(h);
        return new Conv(weights.at("quant_conv"), moments, moments, 1).apply(h).slice(1, 0, vae.latentChannels());
    }
}
