package io.github.unipic.export.graphs;

import io.github.unipic.export.Architecture;
import io.github.unipic.export.Architecture.Vision;
import io.github.unipic.export.Flavor;
import io.github.unipic.export.modules.Projector;
import io.github.unipic.export.modules.SiglipTower;
import io.github.unipic.export.modules.VaeDecoder;
import io.github.unipic.export.modules.VaeEncoder;
import io.github.unipic.export.modules.Weights;
import io.github.unipic.export.onnx.ElementType;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;

/** The graphs that take or give pictures: both halves of the autoencoder, and SigLIP2. Pixels are in about [-1,1]. */
final class PixelGraphs {
    private PixelGraphs() {}

    /** pixels float32 [B,3,H,W] to scaled latents float32 [B,h,w,channels]. */
    static Graph encoder(Weights vae, Architecture sizes) {
        Graph graph = new Graph("pixel_encoder");
        Value pixels = graph.input("pixels", ElementType.FLOAT32, "B", 3, "H", "W");
        Value mean = new VaeEncoder(vae, sizes.vae()).apply(pixels.cast(vae.type()));
        Value latents = mean.cast(ElementType.FLOAT32).mul(sizes.latentScale()).transpose(0, 2, 3, 1);
        graph.output("latents", latents, "B", "h", "w", sizes.vae().latentChannels());
        return graph;
    }

    /** scaled latents float32 [B,h,w,channels] to pixels float32 [B,3,H,W]. */
    static Graph decoder(Weights vae, Architecture sizes) {
        Graph graph = new Graph("pixel_decoder");
        Value latents = graph.input(
                "latents", ElementType.FLOAT32, "B", "h", "w", sizes.vae().latentChannels());
        Value unscaled = latents.div(graph.scalar(sizes.latentScale(), ElementType.FLOAT32));
        Value pixels = new VaeDecoder(vae, sizes.vae())
                .apply(unscaled.transpose(0, 3, 1, 2).cast(vae.type()));
        graph.output("pixels", pixels.cast(ElementType.FLOAT32), "B", 3, "H", "W");
        return graph;
    }

    /** pixels float32 [B,3,S,S] to the language model's image_embeds [B,T,D]. */
    static Graph vision(Weights weights, Architecture sizes, Vision vision, Flavor flavor) {
        Graph graph = new Graph("vision_encoder");
        int side = vision.imageSize();
        int width = sizes.llm().width();
        Value pixels = graph.input("pixels", ElementType.FLOAT32, "B", 3, side, side);
        Value seen =
                new SiglipTower(weights.at("siglip2.vision_model"), vision, flavor).apply(pixels.cast(weights.type()));
        Value embeds = new Projector(weights.at("siglip2_proj"), vision.width(), width, width).apply(seen);
        graph.output("image_embeds", embeds, "B", vision.tokens(), width);
        return graph;
    }
}
