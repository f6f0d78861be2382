package io.github.unipic.runtime;

import static io.github.unipic.model.GraphName.DECODER_STEP;
import static io.github.unipic.model.GraphName.MAR_DECODER;
import static io.github.unipic.model.GraphName.MAR_ENCODER;
import static io.github.unipic.model.GraphName.TOKEN_SAMPLER;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.DescribeRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.UniPic;
import io.github.unipic.generation.ImageTasks;
import io.github.unipic.generation.LanguageContext;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.testing.SmallModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Graphs are freed when their phase of a request ends, where the user asks for that. */
class KeepLoadedTest {
    private static GenerateRequest.Builder request() {
        return GenerateRequest.builder("a red circle")
                .size(64, 64)
                .iterations(3)
                .diffusionSteps(5)
                .seed(7);
    }

    private static Engine engine(ModelFolder folder, boolean keepLoaded) {
        return Engine.open(folder, SmallModel.options(Memory.DEFAULTS.withKeepLoaded(keepLoaded)));
    }

    @Test
    void onlyTheLoopsGraphsAreOpenInTheLoopAndNoneAfterIt() {
        ModelFolder folder = ModelFolder.open(SmallModel.folder(), false);
        List<Set<GraphName>> seen = new ArrayList<>();
        try (Engine engine = engine(folder, false)) {
            draw(
                    engine,
                    request()
                            .listener(progress -> seen.add(engine.graphs().loaded()))
                            .build());
            assertThat(seen).hasSize(3).containsOnly(Set.of(MAR_ENCODER, DECODER_STEP, MAR_DECODER, TOKEN_SAMPLER));
            assertThat(engine.graphs().loaded()).isEmpty();
        }
    }

    @Test
    void aPreviewFreesWhatItLoads() {
        ModelFolder folder = ModelFolder.open(SmallModel.folder(), false);
        List<Set<GraphName>> seen = new ArrayList<>();
        try (Engine engine = engine(folder, false)) {
            draw(
                    engine,
                    request()
                            .listener(progress -> {
                                assertThat(progress.preview().get()).hasSize(1);
                                seen.add(engine.graphs().loaded());
                            })
                            .build());
            assertThat(seen).isNotEmpty().allMatch(loaded -> !loaded.contains(GraphName.PIXEL_DECODER));
        }
    }

    @Test
    void byDefaultGraphsStay() {
        ModelFolder folder = ModelFolder.open(SmallModel.folder(), false);
        try (Engine engine = engine(folder, true)) {
            draw(engine, request().build());
            assertThat(engine.graphs().loaded())
                    .contains(DECODER_STEP, GraphName.TEXT_EMBEDDING, GraphName.PIXEL_DECODER);
        }
    }

    private static void draw(Engine engine, GenerateRequest request) {
        engine.execute(request.cancellation(), execution -> {
            try (LanguageContext context = LanguageContext.empty(execution)) {
                return new ImageTasks(execution).generate(request, context);
            }
        });
    }

    /** Requests at once share the graphs, and one's end does not take them from the others. */
    @Test
    void requestsAtOnceGetTheSameResultsAsWithGraphsKept() throws InterruptedException, ExecutionException {
        Image kept;
        String answer;
        try (UniPic unipic = SmallModel.builder().load()) {
            kept = unipic.generate(request().build()).get(0);
            answer = describe(unipic, kept);
        }
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (UniPic unipic = SmallModel.builder().keepLoaded(false).load()) {
            List<Future<Image>> images = new ArrayList<>();
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                images.add(
                        threads.submit(() -> unipic.generate(request().build()).get(0)));
                answers.add(threads.submit(() -> describe(unipic, kept)));
            }
            for (Future<Image> image : images) {
                assertThat(image.get().rgb()).isEqualTo(kept.rgb());
            }
            for (Future<String> text : answers) {
                assertThat(text.get()).isEqualTo(answer);
            }
        } finally {
            threads.shutdown();
        }
    }

    private static String describe(UniPic unipic, Image image) {
        return unipic.describe(DescribeRequest.builder("What?")
                        .image(image)
                        .maxTokens(5)
                        .build())
                .text();
    }
}
