package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.Image;
import io.github.unipic.conformance.cases.SeededValues;
import io.github.unipic.generation.Autoencoder;
import io.github.unipic.generation.TiledDecoder;
import io.github.unipic.generation.TiledDecoder.DecodedTile;
import io.github.unipic.generation.TiledDecoder.Tile;
import io.github.unipic.image.Pixels;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Grid;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.RunListener;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.runtime.TestExecution;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An image in tiles is the image, at their edges as elsewhere. */
class TiledDecoderTest {
    private static final double SETTLED = 1e-3;

    /** An image that a tile alone cannot tell the statistics of: its upper half is nearly flat. */
    private static Tensor latents(Grid grid) {
        SeededValues values = new SeededValues(5, "latents " + grid);
        float[] latents = new float[grid.tokens() * 16];
        for (int i = 0; i < latents.length; i++) {
            latents[i] = values.floatAt(i) * (i < latents.length / 2 ? 0.2f : 1);
        }
        return Tensor.floats(latents, 1, grid.height(), grid.width(), 16);
    }

    private static Engine engine(Path model) {
        return Engine.open(ModelFolder.open(model, false), RuntimeOptions.DEFAULTS);
    }

    private static TiledDecoder decoder(Execution execution) {
        return new TiledDecoder(execution);
    }

    private static Image whole(Execution execution, Tensor latents) {
        try (Tensor pixels = new Autoencoder(execution).decode(latents)) {
            return Pixels.toImage(pixels.toFloats(), pixels.dim(3), pixels.dim(2));
        }
    }

    /** Differences of levels, one for each of the image's values. */
    private record Difference(int[] levels, int width) {
        static Difference of(Image one, Image other) {
            byte[] a = one.rgb();
            byte[] b = other.rgb();
            assertThat(other.width()).isEqualTo(one.width());
            return new Difference(
                    IntStream.range(0, a.length)
                            .map(i -> Math.abs((a[i] & 0xff) - (b[i] & 0xff)))
                            .toArray(),
                    one.width());
        }

        /** The share of values that differ by more than so many levels, of those pixels that are chosen. */
        double shareAbove(int most, IntPredicate pixels) {
            int[] chosen = IntStream.range(0, levels.length)
                    .filter(i -> pixels.test(i / 3))
                    .toArray();
            assertThat(chosen).isNotEmpty();
            return (double) IntStream.of(chosen).filter(i -> levels[i] > most).count() / chosen.length;
        }

        int largest() {
            return IntStream.of(levels).max().orElseThrow();
        }

        /** Whether a pixel is next to an edge between two tiles of that side, or one further. */
        IntPredicate atSeams(int side) {
            int height = levels.length / 3 / width;
            return pixel -> near(pixel % width, width, side) || near(pixel / width, height, side);
        }

        private static boolean near(int at, int length, int side) {
            int parts = (length + side - 1) / side;
            return IntStream.range(1, parts)
                    .map(part -> 2 * (length / 2 * part / parts))
                    .anyMatch(seam -> at >= seam - 2 && at < seam + 2);
        }
    }

    @ParameterizedTest
    @CsvSource({
        // Tokens of 16 pixels; the side of a tile in pixels.
        "8, 8, 64",
        "8, 8, 32",
        "4, 11, 48",
        "13, 5, 32",
        "9, 7, 50",
        "16, 16, 128",
        "2, 3, 10",
        "5, 5, 256",
    })
    void anImageInTilesIsTheImage(int height, int width, int side) {
        try (Engine engine = engine(TinyModel.model());
                Tensor latents = latents(new Grid(height, width))) {
            Execution execution = TestExecution.of(engine);
            Image tiled = new TiledDecoder(execution, side, SETTLED, TiledDecoder.norms(execution) + 1).decode(latents);
            Difference difference = Difference.of(whole(execution, latents), tiled);
            IntPredicate seams = difference.atSeams(side);
            if (Math.max(height, width) * 16 > side) {
                assertThat(difference.shareAbove(1, seams)).isLessThan(1e-3);
                assertThat(difference.shareAbove(0, seams)).isLessThan(0.05);
            }
            if (side > 10) {
                assertThat(difference.shareAbove(1, seams.negate())).isLessThan(1e-3);
                assertThat(difference.shareAbove(0, seams.negate())).isLessThan(0.05);
            }
        }
    }

    @Test
    void onePassMoreThanThereAreNormsIsExact() {
        try (Engine engine = engine(TinyModel.model());
                Tensor latents = latents(new Grid(9, 7))) {
            Execution execution = TestExecution.of(engine);
            Image whole = whole(execution, latents);
            int norms = TiledDecoder.norms(execution);
            Difference exact = Difference.of(whole, new TiledDecoder(execution, 32, 0, norms + 1).decode(latents));
            assertThat(exact.largest()).isLessThanOrEqualTo(1);
            // Only what lies on the edge of a level.
            assertThat(exact.shareAbove(0, pixel -> true)).isLessThan(1e-3);
            Difference sooner = Difference.of(whole, new TiledDecoder(execution, 32, 0, norms - 1).decode(latents));
            assertThat(sooner.shareAbove(0, pixel -> true)).isGreaterThan(2e-3);
        }
    }

    /** What plain tiles would give; without this the other tests would prove nothing. */
    @Test
    void statisticsOfEachTileAloneShow() {
        try (Engine engine = engine(TinyModel.model());
                Tensor latents = latents(new Grid(8, 8))) {
            Execution execution = TestExecution.of(engine);
            Image plain = new TiledDecoder(execution, 64, SETTLED, 1).decode(latents);
            Difference difference = Difference.of(whole(execution, latents), plain);
            assertThat(difference.shareAbove(1, difference.atSeams(64))).isGreaterThan(0.5);
            assertThat(difference.largest()).isGreaterThan(20);
        }
    }

    /** With a margin one place smaller than the exporter's, what is wrong is at the tile's edges. */
    @Test
    void theMarginIsNoLargerThanItMustBe(@TempDir Path folder) throws IOException {
        ModelCopy copy = ModelCopy.of(TinyModel.model(), folder.resolve("model"));
        Sabotage.MARGIN_TOO_SMALL.applyTo(copy);
        double[] right = errorsOfATile(TinyModel.model());
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
                Tensor latents = latents(new Grid(8, 8))) {
            Execution execution = TestExecution.of(engine);
            try (Tensor features = decoder(execution).features(latents);
                    DecodedTile whole = decoder(execution).decode(features, all, Optional.empty());
                    DecodedTile part = decoder(execution)
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
        try (Engine engine = engine(TinyModel.halfModel());
                Tensor latents = latents(new Grid(8, 8))) {
            Execution execution = TestExecution.of(engine);
            Image tiled = new TiledDecoder(execution, 64, SETTLED, TiledDecoder.norms(execution) + 1).decode(latents);
            Difference difference = Difference.of(whole(execution, latents), tiled);
            // Rounding to float16 moves values by a level either way.
            assertThat(difference.shareAbove(1, difference.atSeams(64))).isLessThan(1e-3);
            assertThat(difference.largest()).isLessThanOrEqualTo(3);
        }
    }

    @Test
    void statisticsAtRestEndThePasses() {
        AtomicInteger runs = new AtomicInteger();
        RunListener counting = new RunListener() {
            @Override
            public void onRun(GraphName graph, long nanos) {
                if (graph == GraphName.PIXEL_DECODER_TILE) {
                    runs.incrementAndGet();
                }
            }
        };
        ModelFolder folder = ModelFolder.open(TinyModel.model(), false);
        try (Engine engine = Engine.open(folder, RuntimeOptions.DEFAULTS, counting);
                Tensor latents = latents(new Grid(8, 8))) {
            Execution execution = TestExecution.of(engine);
            new TiledDecoder(execution, 64, Double.POSITIVE_INFINITY, TiledDecoder.norms(execution) + 1)
                    .decode(latents);
            assertThat(runs.getAndSet(0)).isEqualTo(4 * 2);
            new TiledDecoder(execution, 64, 0, TiledDecoder.norms(execution) + 1).decode(latents);
            assertThat(runs.getAndSet(0)).isEqualTo(4 * (TiledDecoder.norms(execution) + 1));
        }
    }

    @Test
    void aTileOfAllIsDecodedAsAWholeByItsOwnStatistics() {
        try (Engine engine = engine(TinyModel.model());
                Tensor latents = latents(new Grid(3, 4))) {
            Execution execution = TestExecution.of(engine);
            try (Tensor features = decoder(execution).features(latents);
                    Tensor pixels = new Autoencoder(execution).decode(latents);
                    DecodedTile tile = decoder(execution).decode(features, new Tile(0, 0, 24, 32), Optional.empty())) {
                assertThat(tile.pixels().shape()).isEqualTo(pixels.shape());
                float[] expected = pixels.toFloats();
                float[] found = tile.pixels().toFloats();
                for (int i = 0; i < expected.length; i++) {
                    assertThat(found[i]).isCloseTo(expected[i], org.assertj.core.api.Assertions.within(1e-4f));
                }
            }
        }
    }

    @Test
    void cancellingEndsItBetweenTilesAndFreesAll() {
        Cancellation cancellation = new Cancellation();
        AtomicInteger runs = new AtomicInteger();
        RunListener stopping = new RunListener() {
            @Override
            public void onRun(GraphName graph, long nanos) {
                if (graph == GraphName.PIXEL_DECODER_TILE && runs.incrementAndGet() == 3) {
                    cancellation.cancel();
                }
            }
        };
        long open = Tensor.open();
        ModelFolder folder = ModelFolder.open(TinyModel.model(), false);
        try (Engine engine = Engine.open(folder, RuntimeOptions.DEFAULTS, stopping);
                Tensor latents = latents(new Grid(8, 8))) {
            TiledDecoder decoder = new TiledDecoder(TestExecution.of(engine, cancellation), 64, SETTLED, 2);
            assertThatExceptionOfType(CancelledException.class).isThrownBy(() -> decoder.decode(latents));
            assertThat(runs).hasValue(3);
        }
        assertThat(Tensor.open()).isEqualTo(open);
    }
}
