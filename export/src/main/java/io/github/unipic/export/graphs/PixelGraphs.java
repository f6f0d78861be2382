package io.github.unipic.export.graphs;

import io.github.unipic.export.modules.Architecture;
import io.github.unipic.export.modules.Architecture.Vision;
import io.github.unipic.export.modules.Projector;
import io.github.unipic.export.modules.SiglipTower;
import io.github.unipic.export.modules.VaeDecoder;
import io.github.unipic.export.modules.VaeEncoder;
import io.github.unipic.export.modules.Weights;
import io.github.unipic.export.onnx.ElementType;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;

/** The graphs that take or give images: both halves of the autoencoder, and SigLIP2. Pixels are in about [-1,1]. */
final class PixelGraphs {
    private PixelGraphs() {}

    /** pixels float32 [B,3,H,W] to scaled latents float32 [B,h,w,channels]. */
    static Graph encoder(Weights vae, Architecture sizes) {
        Graph graph = new Graph("pixel_encoder", Graph.INSTANCE_NORM_OPSET);
        Value pixels = graph.input("pixels", ElementType.FLOAT32, "B", 3, "H", "W");
        Value mean = new VaeEncoder(vae, sizes.vae()).apply(pixels.cast(vae.type()));
        Value latents = mean.cast(ElementType.FLOAT32).mul(sizes.latentScale()).transpose(0, 2, 3, 1);
        graph.output("latents", latents, "B", "h", "w", sizes.vae().latentChannels());
        return graph;
    }

    /** scaled latents float32 [B,h,w,channels] to pixels float32 [B,3,H,W]. */
    static Graph decoder(Weights vae, Architecture sizes) {
        Graph graph = new Graph("pixel_decoder", Graph.INSTANCE_NORM_OPSET);
        Value pixels = new VaeDecoder(vae, sizes.vae()).apply(unscaledLatents(graph, vae, sizes));
        graph.output("pixels", pixels.cast(ElementType.FLOAT32), "B", 3, "H", "W");
        return graph;
    }

    /**
     * The decoder's first part, for images that are decoded in tiles: scaled latents float32 [B,h,w,channels] to
     * features [B,C,H/2,W/2].
     */
    static Graph decoderFeatures(Weights vae, Architecture sizes) {
        Graph graph = new Graph("pixel_decoder_features", Graph.INSTANCE_NORM_OPSET);
        VaeDecoder decoder = new VaeDecoder(vae, sizes.vae());
        Value features = decoder.features(unscaledLatents(graph, vae, sizes));
        graph.output("features", features, "B", decoder.featureChannels(), "H/2", "W/2");
        return graph;
    }

    /**
     * The decoder's last part, on one tile: from features [B,C,H/2,W/2] to the pixels of the rectangle {@code core}
     * int64 [4] (top, left, height, width in positions of the features), with the group norms' statistics float32
     * [norms,B,groups,2] where they are known, and those of the core.
     */
    static Graph decoderTile(Weights vae, Architecture sizes) {
        Graph graph = new Graph("pixel_decoder_tile");
        VaeDecoder decoder = new VaeDecoder(vae, sizes.vae());
        Object[] perNorm = {decoder.norms(), "B", sizes.vae().groups(), 2};
        Value features = graph.input("features", vae.type(), "B", decoder.featureChannels(), "H/2", "W/2");
        Value core = graph.input("core", ElementType.INT64, 4);
        Value statistics = graph.input("statistics", ElementType.FLOAT32, perNorm);
        Value known = graph.input("known", ElementType.BOOL);
        VaeDecoder.Tile tile = decoder.tile(features, core, statistics, known);
        graph.output("pixels", tile.pixels().cast(ElementType.FLOAT32), "B", 3, "2*height", "2*width");
        graph.output("core_statistics", tile.statistics(), perNorm);
        return graph;
    }

    /** Whether the decoder can run in tiles. */
    static boolean hasTiles(Weights vae, Architecture sizes) {
        return new VaeDecoder(vae, sizes.vae()).hasTiles();
    }

    /** Input {@code latents}, as the autoencoder has them: [B,channels,h,w]. */
    private static Value unscaledLatents(Graph graph, Weights vae, Architecture sizes) {
        Value latents = graph.input(
                "latents", ElementType.FLOAT32, "B", "h", "w", sizes.vae().latentChannels());
        Value unscaled = latents.div(graph.scalar(sizes.latentScale(), ElementType.FLOAT32));
        return unscaled.transpose(0, 3, 1, 2).cast(vae.type());
    }

    /** pixels float32 [B,3,S,S] to the language model's image_embeds [B,T,D]. */
    static Graph vision(Weights weights, Architecture sizes, Vision vision) {
        Graph graph = new Graph("vision_encoder");
        int side = vision.imageSize();
        int width = sizes.llm().width();
        Value pixels = graph.input("pixels", ElementType.FLOAT32, "B", 3, side, side);
        Value patches = new SiglipTower(weights.at("siglip2.vision_model"), vision).apply(pixels.cast(weights.type()));
        Value embeds = new Projector(weights.at("siglip2_proj"), vision.width(), width, width).apply(patches);
        graph.output("image_embeds", embeds, "B", vision.tokens(), width);
        return graph;
    }
}
