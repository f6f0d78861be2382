package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.Image;
import io.github.unipic.generation.TiledDecoder.DecodedTile;
import io.github.unipic.generation.TiledDecoder.Tile;
import io.github.unipic.image.Pixels;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Grid;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.RunListener;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.runtime.TestExecution;
import io.github.unipic.testing.ImageDifference;
import io.github.unipic.testing.SmallModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An image in tiles is the image, at their edges as elsewhere. */
class TiledDecoderTest {
    private static final double SETTLED = 1e-3;

    /** An image that a tile alone cannot tell the statistics of: its upper half is nearly flat. */
    private static Tensor latents(Grid grid) {
        Random values = new Random(5);
        float[] latents = new float[grid.tokens() * 16];
        for (int i = 0; i < latents.length; i++) {
            latents[i] = (float) values.nextGaussian() * (i < latents.length / 2 ? 0.2f : 1);
        }
        return Tensor.floats(latents, 1, grid.height(), grid.width(), 16);
    }

    private static Engine engine;
    private static Execution execution;

    @BeforeAll
    static void open() {
        engine = Engine.open(ModelFolder.open(SmallModel.folder(), false), SmallModel.options());
        execution = TestExecution.of(engine);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static Image whole(Tensor latents) {
        try (Tensor pixels = new Autoencoder(execution).decode(latents)) {
            return Pixels.toImage(pixels.toFloats(), pixels.dim(3), pixels.dim(2));
        }
    }

    @ParameterizedTest
    @CsvSource({
        // Tokens of 16 pixels; the side of a tile in pixels.
        "6, 6, 48",
        "6, 6, 32",
        "3, 8, 48",
        "9, 3, 32",
        "7, 5, 50",
        "8, 4, 64",
        "2, 3, 10",
        "3, 3, 256",
    })
    void anImageInTilesIsTheImage(int height, int width, int side) {
        try (Tensor latents = latents(new Grid(height, width))) {
            Image tiled = new TiledDecoder(execution, side, SETTLED, TiledDecoder.norms(execution) + 1).decode(latents);
            ImageDifference difference = ImageDifference.of(whole(latents), tiled);
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
        try (Tensor latents = latents(new Grid(9, 7))) {
            Image whole = whole(latents);
            int norms = TiledDecoder.norms(execution);
            ImageDifference exact =
                    ImageDifference.of(whole, new TiledDecoder(execution, 32, 0, norms + 1).decode(latents));
            assertThat(exact.largest()).isLessThanOrEqualTo(1);
            // Only what lies on the edge of a level.
            assertThat(exact.shareAbove(0, pixel -> true)).isLessThan(1e-3);
            ImageDifference sooner =
                    ImageDifference.of(whole, new TiledDecoder(execution, 32, 0, norms - 1).decode(latents));
            assertThat(sooner.shareAbove(0, pixel -> true)).isGreaterThan(2e-3);
        }
    }

    /** What plain tiles would give; without this the other tests would prove nothing. */
    @Test
    void statisticsOfEachTileAloneShow() {
        try (Tensor latents = latents(new Grid(8, 8))) {
            Image plain = new TiledDecoder(execution, 64, SETTLED, 1).decode(latents);
            ImageDifference difference = ImageDifference.of(whole(latents), plain);
            assertThat(difference.shareAbove(1, difference.atSeams(64))).isGreaterThan(0.5);
            assertThat(difference.largest()).isGreaterThan(20);
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
        ModelFolder folder = ModelFolder.open(SmallModel.folder(), false);
        try (Engine observed = Engine.open(folder, SmallModel.options(), counting);
                Tensor latents = latents(new Grid(8, 8))) {
            Execution counted = TestExecution.of(observed);
            new TiledDecoder(counted, 64, Double.POSITIVE_INFINITY, TiledDecoder.norms(counted) + 1).decode(latents);
            assertThat(runs.getAndSet(0)).isEqualTo(4 * 2);
            new TiledDecoder(counted, 64, 0, TiledDecoder.norms(counted) + 1).decode(latents);
            assertThat(runs.getAndSet(0)).isEqualTo(4 * (TiledDecoder.norms(counted) + 1));
        }
    }

    @Test
    void theLastTileOfEachPassReturnsTheMemoryThatTheOthersKeep() {
        List<Execution> executions = new ArrayList<>();
        List<Boolean> kept = new ArrayList<>();
        RunListener recording = new RunListener() {
            @Override
            public void onRun(GraphName graph, long nanos) {
                kept.add(executions.get(0).keepsMemory());
            }
        };
        ModelFolder folder = ModelFolder.open(SmallModel.folder(), false);
        try (Engine observed = Engine.open(folder, SmallModel.options(), recording);
                Tensor latents = latents(new Grid(8, 8))) {
            executions.add(TestExecution.of(observed));
            new TiledDecoder(executions.get(0), 64, Double.POSITIVE_INFINITY, 2).decode(latents);
        }
        assertThat(kept).containsExactly(false, true, true, true, false, true, true, true, false);
    }

    @Test
    void aTileOfAllIsDecodedAsAWholeByItsOwnStatistics() {
        try (Tensor latents = latents(new Grid(3, 4))) {
            TiledDecoder decoder = new TiledDecoder(execution);
            try (Tensor features = decoder.features(latents);
                    Tensor pixels = new Autoencoder(execution).decode(latents);
                    DecodedTile tile = decoder.decode(features, new Tile(0, 0, 24, 32), Optional.empty())) {
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
        ModelFolder folder = ModelFolder.open(SmallModel.folder(), false);
        try (Engine observed = Engine.open(folder, SmallModel.options(), stopping);
                Tensor latents = latents(new Grid(8, 8))) {
            TiledDecoder decoder = new TiledDecoder(TestExecution.of(observed, cancellation), 64, SETTLED, 2);
            assertThatExceptionOfType(CancelledException.class).isThrownBy(() -> decoder.decode(latents));
            assertThat(runs).hasValue(3);
        }
        assertThat(Tensor.open()).isEqualTo(open);
    }
}
