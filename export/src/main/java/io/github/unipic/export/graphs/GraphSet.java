package io.github.unipic.export.graphs;

import io.github.unipic.export.Flavor;
import io.github.unipic.export.Precisions;
import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.export.modules.Architecture;
import io.github.unipic.export.modules.Weights;
import io.github.unipic.export.onnx.ExternalData;
import io.github.unipic.export.onnx.Graph;
import java.util.ArrayList;
import java.util.List;

/** All graphs of a model. */
public final class GraphSet {
    private GraphSet() {}

    /** Builds the graphs and reserves room in {@code data} for their weights; reads no weights. */
    public static List<Graph> of(
            Checkpoint checkpoint, Architecture sizes, Precisions precisions, Flavor flavor, ExternalData data) {
        Source source = new Source(checkpoint, data, precisions, flavor);
        List<Graph> graphs = new ArrayList<>();
        // The head takes the embedding's file when tied, the sampler the diffusion head's, the cached decoder
        // mar_decoder's, the tiles pixel_decoder's: build the owners first.
        graphs.add(TextGraphs.embedding(source.in("text_embedding", "llm"), sizes.llm()));
        graphs.add(TextGraphs.head(source.in("text_head", "llm"), sizes.llm()));
        sizes.vision()
                .ifPresent(vision -> graphs.add(PixelGraphs.vision(source.in("vision_encoder", ""), sizes, vision)));
        graphs.add(PixelGraphs.encoder(source.in("pixel_encoder", "vae"), sizes));
        graphs.add(MarGraphs.encoder(source.in("mar_encoder", ""), sizes));
        graphs.add(TextGraphs.decoderStep(source.in("decoder_step", "llm"), sizes.llm()));
        Weights decoder = source.in("mar_decoder", "");
        graphs.add(MarGraphs.decoder(decoder, sizes));
        graphs.add(MarGraphs.decoderCached(decoder, sizes));
        graphs.add(DiffusionGraphs.head(source.in("diffusion_head", "mar.diffloss.net"), sizes.head()));
        graphs.add(DiffusionGraphs.sampler(source.in("token_sampler", "mar.diffloss.net"), sizes.head()));
        Weights pixels = source.in("pixel_decoder", "vae");
        graphs.add(PixelGraphs.decoder(pixels, sizes));
        if (PixelGraphs.hasTiles(pixels, sizes)) {
            graphs.add(PixelGraphs.decoderFeatures(pixels, sizes));
            graphs.add(PixelGraphs.decoderTile(pixels, sizes));
        }
        return List.copyOf(graphs);
    }

    private record Source(Checkpoint checkpoint, ExternalData data, Precisions precisions, Flavor flavor) {
        Weights in(String graph, String prefix) {
            return new Weights(
                    checkpoint, data, graph + ".data", flavor, precisions.of(graph), precisions.blockSize(), prefix);
        }
    }
}
