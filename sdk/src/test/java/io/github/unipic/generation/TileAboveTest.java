package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.UniPic;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images of more pixels than the user wants decoded at once are decoded in tiles, whatever draws them. */
class TileAboveTest {
    private static final Set<GraphName> TILES = Set.of(GraphName.PIXEL_DECODER_FEATURES, GraphName.PIXEL_DECODER_TILE);

    /** Of two tiles. */
    private static GenerateRequest.Builder request() {
        return GenerateRequest.builder("a red circle")
                .size(320, 48)
                .iterations(2)
                .diffusionSteps(3)
                .seed(7);
    }

    private static Engine engine(Path model, boolean keepLoaded, long tileAbove) {
        return Engine.open(
                ModelFolder.open(model, false), SmallModel.options(new Memory(keepLoaded, false, true, tileAbove)));
    }

    private static List<Image> draw(Engine engine, GenerateRequest request) {
        return engine.execute(request.cancellation(), execution -> {
            try (LanguageContext context = LanguageContext.empty(execution)) {
                return new ImageTasks(execution).generate(request, context);
            }
        });
    }

    private static void assertAlike(Image one, Image other) {
        byte[] a = one.rgb();
        byte[] b = other.rgb();
        assertThat(b).hasSameSizeAs(a);
        int more = 0;
        for (int i = 0; i < a.length; i++) {
            more += Math.abs((a[i] & 0xff) - (b[i] & 0xff)) > 1 ? 1 : 0;
        }
        assertThat(more).isLessThanOrEqualTo(a.length / 1000);
    }

    @Test
    void theLimitIsTheLastSizeDecodedAtOnce() {
        Image whole;
        try (Engine engine = engine(SmallModel.folder(), true, 320 * 48)) {
            whole = draw(engine, request().build()).get(0);
            assertThat(engine.graphs().loaded())
                    .contains(GraphName.PIXEL_DECODER)
                    .doesNotContainAnyElementsOf(TILES);
        }
        try (Engine engine = engine(SmallModel.folder(), true, 320 * 48 - 1)) {
            Image tiled = draw(engine, request().build()).get(0);
            assertThat(engine.graphs().loaded()).containsAll(TILES).doesNotContain(GraphName.PIXEL_DECODER);
            assertAlike(whole, tiled);
        }
    }

    @Test
    void previewsTooAndGraphsAreFreedWhereTheyAreNotKept() {
        List<Set<GraphName>> seen = new ArrayList<>();
        try (Engine engine = engine(SmallModel.folder(), false, 0)) {
            draw(
                    engine,
                    request()
                            .listener(progress -> {
                                assertThat(progress.preview().get()).hasSize(1);
                                seen.add(engine.graphs().loaded());
                            })
                            .build());
            assertThat(seen).hasSize(2).allMatch(loaded -> TILES.stream().noneMatch(loaded::contains));
            assertThat(engine.graphs().loaded()).isEmpty();
        }
    }

    @Test
    void aFolderOfAnEarlierExportDecodesWhole(@TempDir Path folder) throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), folder.resolve("model"));
        copy.forgetGraph(GraphName.PIXEL_DECODER_FEATURES);
        copy.forgetGraph(GraphName.PIXEL_DECODER_TILE);
        try (Engine engine = engine(copy.finish(), true, 0)) {
            assertThat(draw(engine, request().build())).hasSize(1);
            assertThat(engine.graphs().loaded()).contains(GraphName.PIXEL_DECODER);
        }
    }

    @Test
    void severalAtOnceGiveTheSameImages() throws InterruptedException, ExecutionException {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try (UniPic unipic = SmallModel.builder().tileAbove(0).keepLoaded(false).load()) {
            GenerateRequest pair = request().count(2).build();
            List<Image> alone = unipic.generate(pair);
            Future<List<Image>> first = threads.submit(() -> unipic.generate(pair));
            Future<List<Image>> second = threads.submit(() -> unipic.generate(pair));
            for (int i = 0; i < 2; i++) {
                assertThat(first.get().get(i).rgb()).isEqualTo(alone.get(i).rgb());
                assertThat(second.get().get(i).rgb()).isEqualTo(alone.get(i).rgb());
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void aLimitIsNotNegative() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> UniPic.builder(SmallModel.folder()).tileAbove(-1))
                .withMessage("tileAbove is -1; give 0 or more pixels.");
    }
}
