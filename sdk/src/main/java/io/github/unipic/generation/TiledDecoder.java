package io.github.unipic.generation;

import static io.github.unipic.model.GraphName.PIXEL_DECODER_FEATURES;
import static io.github.unipic.model.GraphName.PIXEL_DECODER_TILE;

import io.github.unipic.Image;
import io.github.unipic.ModelFormatException;
import io.github.unipic.image.DecodedImage;
import io.github.unipic.image.Pixels;
import io.github.unipic.model.GraphName;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Outputs;
import io.github.unipic.runtime.Resources;
import io.github.unipic.runtime.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decodes a large image with less memory: the coarse resolutions at once, the finest one tile by tile. The coarse part
 * needs memory for a quarter of the image, the finest part for one tile.
 *
 * <p>The convolutions at the finest resolution reach a few pixels, and each tile has that much margin. The group norms,
 * however, use mean and variance of the whole image. So the tiles are decoded in several passes. In the first pass each
 * tile uses its own statistics. In each later pass all tiles use those of the whole image, merged from the tiles of the
 * pass before, until they no longer change. The statistics of the first norm are exact after one pass, those of the
 * second after two, and so on. Fewer passes suffice, because an error in one norm has little effect on the next.
 */
public final class TiledDecoder {
    static final Set<GraphName> GRAPHS = Set.of(PIXEL_DECODER_FEATURES, PIXEL_DECODER_TILE);

    /** More norms or groups than any autoencoder has; guards against a wrong manifest. */
    private static final int MOST_STATISTICS = 4096;

    /** A rectangle of an image in positions of the features. Each position is two pixels high and wide. */
    public record Tile(int top, int left, int height, int width) {}

    /**
     * The pixels of a tile [1,3,2*height,2*width], and mean and variance of each group norm's input in the tile
     * [norms,1,groups,2]. Owns its tensors.
     */
    public record DecodedTile(Tensor pixels, Tensor statistics) implements AutoCloseable {
        @Override
        public void close() {
            Resources.close(pixels, statistics);
        }
    }

    /** Side of a tile in pixels. Margins take about 13 % of the work; with half the side they would take 27 %. */
    private static final int SIDE = 256;

    /**
     * The passes end when no statistic changes by more than this, in standard deviations. Measured against decoding the
     * whole image, with random weights of the published sizes: no pixel value differs by more than 1, and 1.5 % differ
     * by 1 (4 % at ten times this tolerance). The small model: 2 % and 9 %.
     */
    private static final double TOLERANCE = 1e-3;

    private final Execution execution;
    private final int side;
    private final double tolerance;
    private final int mostPasses;

    public TiledDecoder(Execution execution) {
        this(execution, SIDE, TOLERANCE, norms(execution) + 1);
    }

    /**
     * For tests, with other settings.
     *
     * @param side of a tile in pixels, at least 2
     * @param mostPasses over all tiles; with 1 each tile uses its own statistics
     */
    public TiledDecoder(Execution execution, int side, double tolerance, int mostPasses) {
        this.execution = execution;
        this.side = side;
        this.tolerance = tolerance;
        this.mostPasses = mostPasses;
    }

    /** Decodes scaled latents [1,h,w,channels]. */
    public Image decode(Tensor latents) {
        try (Tensor features = features(latents)) {
            Pass pass = new Pass(features);
            NormStatistics found = pass.run(Optional.empty());
            // The statistics of a single tile are those of the image.
            for (int passes = 1; passes < mostPasses && pass.tiles.size() > 1; passes++) {
                NormStatistics given = found;
                found = pass.run(Optional.of(given));
                if (given.change(found) <= tolerance) {
                    break;
                }
            }
            return pass.image();
        }
    }

    /** Computes the features [1,C,H/2,W/2], from which tiles are decoded, from latents [1,h,w,channels]. */
    public Tensor features(Tensor latents) {
        Tensor features = execution.run(PIXEL_DECODER_FEATURES, Map.of("latents", latents), "features");
        int height = 2 * features.dim(2);
        int width = 2 * features.dim(3);
        Autoencoder.requireScale(execution, height, width, features, latents.dim(1), latents.dim(2));
        return features;
    }

    /**
     * Decodes one tile of an image.
     *
     * @param features of the whole image
     * @param statistics of the whole image, in the order of {@link DecodedTile}; if empty, the tile uses its own
     */
    public DecodedTile decode(Tensor features, Tile tile, Optional<float[]> statistics) {
        int norms = norms(execution);
        int groups = statistics(execution, 2);
        float[] given = statistics.orElseGet(() -> new float[2 * norms * groups]);
        long[] core = {tile.top(), tile.left(), tile.height(), tile.width()};
        try (Tensor coreTensor = Tensor.longs(core, core.length);
                Tensor givenTensor = Tensor.floats(given, norms, 1, groups, 2);
                Tensor known = Tensor.bool(statistics.isPresent());
                Outputs outputs = execution.run(
                        PIXEL_DECODER_TILE,
                        Map.of("features", features, "core", coreTensor, "statistics", givenTensor, "known", known),
                        Set.of("pixels", "core_statistics"))) {
            return new DecodedTile(outputs.take("pixels"), outputs.take("core_statistics"));
        }
    }

    /** The number of group norms between the features and the pixels. */
    public static int norms(Execution execution) {
        return statistics(execution, 0);
    }

    private static int statistics(Execution execution, int axis) {
        int length = execution
                .engine()
                .folder()
                .spec(PIXEL_DECODER_TILE)
                .input("statistics")
                .length(axis);
        if (length < 1 || length > MOST_STATISTICS) {
            throw new ModelFormatException(
                    "The manifest in " + execution.engine().folder().path()
                            + " gives the input statistics of graph " + PIXEL_DECODER_TILE.label()
                            + " an axis of length " + length + ", not 1 to " + MOST_STATISTICS
                            + "; export the model again.");
        }
        return length;
    }

    /** One pass over all tiles. All passes write into the same image. */
    private final class Pass {
        private final Tensor features;
        private final List<Tile> tiles;
        private final int width;
        private final int height;
        private final byte[] rgb;

        Pass(Tensor features) {
            this.features = features;
            this.tiles = tiles(features.dim(2), features.dim(3));
            this.height = 2 * features.dim(2);
            this.width = 2 * features.dim(3);
            this.rgb = new byte[3 * width * height];
        }

        /** Decodes all tiles and returns the statistics of the whole image, merged from theirs. */
        NormStatistics run(Optional<NormStatistics> given) {
            Optional<float[]> pairs = given.map(NormStatistics::pairs);
            return tiles.stream()
                    .map(tile -> run(tile, pairs))
                    .reduce(NormStatistics::merge)
                    .orElseThrow();
        }

        private NormStatistics run(Tile tile, Optional<float[]> given) {
            execution.keepMemory(!tile.equals(tiles.get(tiles.size() - 1)));
            try (DecodedTile decoded = decode(features, tile, given)) {
                Pixels.put(
                        decoded.pixels().toFloats(),
                        2 * tile.width(),
                        2 * tile.height(),
                        rgb,
                        width,
                        2 * tile.left(),
                        2 * tile.top());
                return NormStatistics.of(decoded.statistics().toFloats(), (long) tile.height() * tile.width());
            }
        }

        Image image() {
            return new DecodedImage(width, height, rgb, Map.of()).toImage();
        }
    }

    /** Splits the features into tiles of nearly equal sides, none longer than {@link #side} pixels. */
    private List<Tile> tiles(int height, int width) {
        int rows = parts(height);
        int columns = parts(width);
        List<Tile> tiles = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            int top = height * row / rows;
            int bottom = height * (row + 1) / rows;
            for (int column = 0; column < columns; column++) {
                int left = width * column / columns;
                int right = width * (column + 1) / columns;
                tiles.add(new Tile(top, left, bottom - top, right - left));
            }
        }
        return tiles;
    }

    private int parts(int positions) {
        return (2 * positions + side - 1) / side;
    }
}
