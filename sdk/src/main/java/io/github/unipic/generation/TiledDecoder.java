package io.github.unipic.generation;

import static io.github.unipic.model.GraphName.PIXEL_DECODER_FEATURES;
import static io.github.unipic.model.GraphName.PIXEL_DECODER_TILE;

import io.github.unipic.Image;
import io.github.unipic.ModelFormatException;
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
 * Decodes an image too large for its finest level to be in memory as a whole: the coarse levels at once, the finest one
 * tile by tile. Memory grows with a tile there, and with a quarter of the image before.
 *
 * <p>The finest level's convolutions reach a few pixels, and a tile has that much margin. But its group norms take mean
 * and variance over the whole image. So the tiles are decoded more than once: first each by its own statistics, then by
 * the whole image's, merged from what the tiles had in the pass before, until those no longer change. The first norm's
 * are right after one pass, as no norm comes before it, the second's after two, and so on: one pass more than there are
 * norms gives what decoding the whole image gives. It takes fewer, as wrong statistics of one norm disturb the next
 * ones' but little.
 */
public final class TiledDecoder {
    static final Set<GraphName> GRAPHS = Set.of(PIXEL_DECODER_FEATURES, PIXEL_DECODER_TILE);

    /** More norms or groups than any autoencoder has: a manifest may be wrong. */
    private static final int MOST_STATISTICS = 4096;

    /** A rectangle of an image, in positions of its features: each is two pixels high and wide. */
    public record Tile(int top, int left, int height, int width) {}

    /**
     * A tile's pixels [1,3,2*height,2*width], and mean and variance of the input of each group norm within it
     * [norms,1,groups,2]. Owns its tensors.
     */
    public record DecodedTile(Tensor pixels, Tensor statistics) implements AutoCloseable {
        @Override
        public void close() {
            Resources.close(pixels, statistics);
        }
    }

    /** Side of a tile, in pixels: about 13 % of the work is for margins, half as long a side takes 27 %. */
    private static final int SIDE = 256;

    /**
     * Statistics that change by no more, in standard deviations, have come to rest. Measured against decoding the whole
     * image, with random weights of the published sizes and of the small model: at this and at ten times this no level
     * is off by more than 1, and 1.5 % and 4 % of them (small model: 2 % and 9 %) are off by 1.
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
     * With other settings than are good, for tests.
     *
     * @param side of a tile in pixels, at least 2
     * @param mostPasses over all tiles; 1 for tiles that each go by their own statistics
     */
    public TiledDecoder(Execution execution, int side, double tolerance, int mostPasses) {
        this.execution = execution;
        this.side = side;
        this.tolerance = tolerance;
        this.mostPasses = mostPasses;
    }

    /** Scaled latents [1,h,w,channels] to their image. */
    public Image decode(Tensor latents) {
        try (Tensor features = features(latents)) {
            Pass pass = new Pass(features);
            NormStatistics found = pass.run(Optional.empty());
            // One tile's own statistics are the image's.
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

    /** Latents [1,h,w,channels] to the features [1,C,H/2,W/2] that tiles are decoded from. */
    public Tensor features(Tensor latents) {
        Tensor features = execution.run(PIXEL_DECODER_FEATURES, Map.of("latents", latents), "features");
        int height = 2 * features.dim(2);
        int width = 2 * features.dim(3);
        Autoencoder.requireScale(execution, height, width, features, latents.dim(1), latents.dim(2));
        return features;
    }

    /**
     * One tile of an image.
     *
     * @param features of the whole image
     * @param statistics of the whole image, in the order of {@link DecodedTile}; without them the tile's own are taken
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

    /** Group norms between the features and the pixels. */
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

    /** One decoding of every tile, each time into the same image. */
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

        /** Gives the whole image's statistics, as the tiles have them. */
        NormStatistics run(Optional<NormStatistics> given) {
            Optional<float[]> pairs = given.map(NormStatistics::pairs);
            return tiles.stream()
                    .map(tile -> run(tile, pairs))
                    .reduce(NormStatistics::merge)
                    .orElseThrow();
        }

        private NormStatistics run(Tile tile, Optional<float[]> given) {
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
            return Image.ofRgb(width, height, rgb);
        }
    }

    /** Tiles of nearly equal sides, none longer than {@link #side}; in places of the features, each of two pixels. */
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

    private int parts(int places) {
        return (2 * places + side - 1) / side;
    }
}
