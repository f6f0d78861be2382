package io.github.unipic.export.modules;

import io.github.unipic.export.Architecture.Autoencoder;
import io.github.unipic.export.onnx.Value;

/** The KL autoencoder's decoder: unscaled latents [B,channels,h,w] to pixels [B,3,H,W]. */
public record VaeDecoder(Weights weights, Autoencoder vae) {

    public Value apply(Value latents) {
        Weights decoder = weights.at("decoder");
        int latentChannels = vae.latentChannels();
        long channels = vae.levels().get(vae.levels().size() - 1);
        Value h = new Conv(weights.at("post_quant_conv"), latentChannels, latentChannels, 1).apply(latents);
        h = new Conv(decoder.at("conv_in"), latentChannels, channels, 3).apply(h);
        h = new VaeMiddle(decoder.at("mid"), channels, vae.groups()).apply(h);
        for (int i = vae.levels().size() - 1; i >= 0; i--) {
            Weights level = decoder.at("up", i);
            long out = vae.levels().get(i);
            for (int j = 0; j < vae.decoderBlocks(); j++) {
                h = new ResBlock(level.at("block", j), channels, out, vae.groups()).apply(h);
                channels = out;
                if (level.has("attn." + j + ".q.weight")) {
                    h = new SpatialAttention(level.at("attn", j), channels, vae.groups()).apply(h);
                }
            }
            if (level.has("upsample.conv.weight")) {
                h = new Conv(level.at("upsample.conv"), channels, channels, 3).apply(h.upsampleNearest2x());
            }
        }
        h = new GroupNorm(decoder.at("norm_out"), channels, vae.groups())
                .apply(h)
                .silu();
        return new Conv(decoder.at("conv_out"), channels, 3, 3).apply(h);
    }
}
