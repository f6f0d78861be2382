package io.github.unipic.export.modules;

import io.github.unipic.export.modules.Architecture.Autoencoder;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;

/**
 * The KL autoencoder's decoder: unscaled latents [B,channels,h,w] to pixels [B,3,H,W]. In two parts where it is to run
 * tile by tile: features of half the image's height and width, and from them the pixels.
 */
public record VaeDecoder(Weights weights, Autoencoder vae) {

    public Value apply(Value latents) {
        return pixels(features(latents), GroupStatistics.ofImage(vae.groups()));
    }

    /** Everything before the finest level: [B,featureChannels,H/2,W/2]. */
    public Value features(Value latents) {
        GroupStatistics statistics = GroupStatistics.ofImage(vae.groups());
        int latentChannels = vae.latentChannels();
        int coarsest = vae.levels().size() - 1;
        long channels = vae.levels().get(coarsest);
        Value h = new Conv(weights.at("post_quant_conv"), latentChannels, latentChannels, 1).apply(latents);
        h = new Conv(decoder().at("conv_in"), latentChannels, channels, 3).apply(h);
        h = new VaeMiddle(decoder().at("mid"), channels, statistics).apply(h);
        for (int i = coarsest; i >= 1; i--) {
            h = level(i, i == coarsest ? h : upsample(i + 1, h), statistics);
        }
        return h;
    }

    /**
     * A part of the pixels, and what the group norms on the way to them found there.
     *
     * @param pixels [B,3,2*height,2*width] of the core
     * @param statistics float32 [norms,B,groups,2], mean and variance within the core
     */
    public record Tile(Value pixels, Value statistics) {}

    /**
     * The pixels of one tile, equal to those of the entire image when its statistics are given.
     *
     * @param features of the entire image
     * @param core int64 [4]: top, left, height, width of the tile, in positions of {@code features}
     * @param statistics float32 [norms,B,groups,2] of the entire image
     * @param known bool [], false to take the core's own statistics
     */
    public Tile tile(Value features, Value core, Value statistics, Value known) {
        Graph graph = features.graph();
        Value coreStart = core.slice(0, 0, 2);
        Value coreEnd = coreStart.add(core.slice(0, 2, 4));
        Value margin = graph.int64(margin());
        Value start = coreStart.sub(margin).max(graph.int64(0));
        // Slice stops at the image's end by itself.
        Value tile = features.crop(start, coreEnd.add(margin));
        Value two = graph.int64(2);
        Value from = coreStart.sub(start).mul(two);
        Value to = coreEnd.sub(start).mul(two);
        TileStatistics norms = new TileStatistics(vae.groups(), statistics, known, from, to);
        return new Tile(pixels(tile, norms).crop(from, to), norms.ofCore());
    }

    /**
     * Whether {@link #tile} gives what {@link #apply} does: when only the group norms of the finest level depend on
     * distant positions.
     */
    public boolean hasTiles() {
        return vae.levels().size() > 1 && !decoder().at("up", 0).has("attn.0.q.weight");
    }

    public long featureChannels() {
        return vae.levels().get(1);
    }

    /** Group norms after the features. */
    public int norms() {
        return 2 * vae.decoderBlocks() + 1;
    }

    /**
     * Positions of the features around a tile that its pixels depend on. Each convolution reaches one pixel further:
     * one after the upsampling, two in a block, the last one. A position is two pixels.
     */
    private int margin() {
        return (1 + 2 * vae.decoderBlocks() + 1) / 2;
    }

    private Value pixels(Value features, GroupStatistics statistics) {
        long channels = vae.levels().get(0);
        Value h = vae.levels().size() > 1 ? upsample(1, features) : features;
        h = level(0, h, statistics);
        h = new GroupNorm(decoder().at("norm_out"), channels, statistics)
                .apply(h)
                .silu();
        return new Conv(decoder().at("conv_out"), channels, 3, 3).apply(h);
    }

    private Value level(int i, Value x, GroupStatistics statistics) {
        Weights level = decoder().at("up", i);
        long channels = vae.levels().get(Math.min(i + 1, vae.levels().size() - 1));
        long out = vae.levels().get(i);
        Value h = x;
        for (int j = 0; j < vae.decoderBlocks(); j++) {
            h = new ResBlock(level.at("block", j), channels, out, statistics).apply(h);
            channels = out;
            if (level.has("attn." + j + ".q.weight")) {
                h = new SpatialAttention(level.at("attn", j), channels, statistics).apply(h);
            }
        }
        return h;
    }

    /** After level i. */
    private Value upsample(int i, Value x) {
        long channels = vae.levels().get(i);
        return new Conv(decoder().at("up", i).at("upsample.conv"), channels, channels, 3).apply(x.upsampleNearest2x());
    }

    private Weights decoder() {
        return weights.at("decoder");
    }
}
