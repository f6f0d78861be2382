package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Image;
import io.github.unipic.conformance.cases.SeededValues;
import io.github.unipic.export.Precision;
import io.github.unipic.generation.Autoencoder;
import io.github.unipic.generation.TiledDecoder;
import io.github.unipic.generation.TiledDecoder.DecodedTile;
import io.github.unipic.generation.TiledDecoder.Tile;
import io.github.unipic.image.Pixels;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.runtime.TestExecution;
import io.github.unipic.testing.ImageDifference;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The exporter's graph for one tile: its margin, and other precisions. */
class TileGraphTest {
    private static final int SIDE = 8;

    private static Engine engine(Path model) {
        return Engine.open(ModelFolder.open(model, false), SmallModel.options());
    }

    /** An image that a tile alone cannot tell the statistics of: its upper half is nearly flat. */
    private static Tensor latents() {
        SeededValues values = new SeededValues(5, "latents");
        float[] latents = new float[SIDE * SIDE * 16];
        for (int i = 0; i < latents.length; i++) {
            latents[i] = values.floatAt(i) * (i < latents.length / 2 ? 0.2f : 1);
        }
        return Tensor.floats(latents, 1, SIDE, SIDE, 16);
    }

    /** With a margin one position smaller than the exporter's, what is wrong is at the tile's edges. */
    @Test
    void theMarginIsNoLargerThanItMustBe(@TempDir Path folder) throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), folder.resolve("model"));
        Sabotage.MARGIN_TOO_SMALL.applyTo(copy);
        double[] right = errorsOfATile(SmallModel.folder());
        double[] wrong = errorsOfATile(copy.finish());
        assertThat(right[0]).isLessThan(1e-5);
        assertThat(right[1]).isLessThan(1e-5);
        assertThat(wrong[0]).isLessThan(1e-5);
        assertThat(wrong[1]).isGreaterThan(1e-3);
    }

    /** The largest error of a pixel within a tile, and within two pixels of its edge. */
    private static double[] errorsOfATile(Path model) {
        Tile all = new Tile(0, 0, 64, 64);
        Tile tile = new Tile(20, 24, 16, 12);
        try (Engine engine = engine(model);
                Tensor latents = latents()) {
            Execution execution = TestExecution.of(engine);
            try (Tensor features = new TiledDecoder(execution).features(latents);
                    DecodedTile whole = new TiledDecoder(execution).decode(features, all, Optional.empty());
                    DecodedTile part = new TiledDecoder(execution)
                            .decode(
                                    features,
                                    tile,
                                    Optional.of(whole.statistics().toFloats()))) {
                float[] expected = whole.pixels().toFloats();
                float[] found = part.pixels().toFloats();
                double[] errors = new double[2];
                int height = 2 * tile.height();
                int width = 2 * tile.width();
                for (int i = 0; i < found.length; i++) {
                    int x = i % width;
                    int y = i / width % height;
                    int channel = i / width / height;
                    float wanted = expected[(channel * 128 + 2 * tile.top() + y) * 128 + 2 * tile.left() + x];
                    int edge = Math.min(Math.min(x, width - 1 - x), Math.min(y, height - 1 - y)) < 2 ? 1 : 0;
                    errors[edge] = Math.max(errors[edge], Math.abs(found[i] - wanted));
                }
                return errors;
            }
        }
    }

    @Test
    void halfPrecisionIsAsGoodInTiles() {
        try (Engine engine = engine(SmallCheckpoint.model(Precision.FP16));
                Tensor latents = latents()) {
            Execution execution = TestExecution.of(engine);
            Image tiled = new TiledDecoder(execution, 64, 1e-3, TiledDecoder.norms(execution) + 1).decode(latents);
            Image whole;
            try (Tensor pixels = new Autoencoder(execution).decode(latents)) {
                whole = Pixels.toImage(pixels.toFloats(), pixels.dim(3), pixels.dim(2));
            }
            ImageDifference difference = ImageDifference.of(whole, tiled);
            // Rounding to float16 moves pixel values by one either way.
            assertThat(difference.shareAbove(1, difference.atSeams(64))).isLessThan(1e-3);
            assertThat(difference.largest()).isLessThanOrEqualTo(3);
        }
    }
}
