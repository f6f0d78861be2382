package io.github.unipic.generation;

import io.github.unipic.Image;
import io.github.unipic.image.Pixels;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Grid;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.Stages;
import io.github.unipic.runtime.Tensor;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Decodes drawn tokens to images: whole, or in tiles where they are larger than the model's user wants whole. */
final class ImageDecoder {
    private static final Set<GraphName> WHOLE = Set.of(GraphName.PIXEL_DECODER);
    private static final Set<GraphName> TILES = Set.of(GraphName.PIXEL_DECODER_FEATURES, GraphName.PIXEL_DECODER_TILE);

    private final Graphs graphs;
    private final Stages stages;

    ImageDecoder(Graphs graphs, Stages stages) {
        this.graphs = graphs;
        this.stages = stages;
    }

    /** Image by image, since the decoder is what needs most memory. */
    List<Image> decode(ImageTokens tokens) {
        boolean tiled = inTiles(tokens.grid());
        return stages.holding(
                tiled ? TILES : WHOLE,
                () -> IntStream.range(0, tokens.images())
                        .mapToObj(image -> decode(tokens, image, tiled))
                        .toList());
    }

    /** Folders of older exports have no graphs for tiles. */
    private boolean inTiles(Grid grid) {
        int patch = stages.sizes().downsampling();
        long pixels = (long) patch * patch * grid.tokens();
        return pixels > graphs.options().memory().tileAbove() && TILES.stream().allMatch(graphs.folder()::has);
    }

    private Image decode(ImageTokens tokens, int image, boolean tiled) {
        try (Tensor latents = tokens.latents(image)) {
            return tiled ? new TiledDecoder(stages).decode(latents) : decode(latents);
        }
    }

    private Image decode(Tensor latents) {
        try (Tensor pixels = stages.decodePixels(latents)) {
            return Pixels.toImage(pixels.toFloats(), pixels.dim(3), pixels.dim(2));
        }
    }
}
