package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.unipic.ModelInfo.Task;
import io.github.unipic.testing.SmallModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Text to image through the public API, on the exported small checkpoint. */
class UniPicTest {
    private static UniPic unipic;

    @BeforeAll
    static void load() {
        unipic = SmallModel.builder().verifyChecksums(true).load();
    }

    @AfterAll
    static void close() {
        unipic.close();
    }

    private static GenerateRequest.Builder small() {
        return GenerateRequest.builder("a red circle")
                .size(64, 64)
                .iterations(4)
                .diffusionSteps(10)
                .seed(7);
    }

    private static Image draw(GenerateRequest.Builder request) {
        return unipic.generate(request.build()).get(0);
    }

    @Test
    void infoTellsWhatTheModelIs() {
        assertThat(unipic.info().tasks()).contains(Task.GENERATE);
        assertThat(unipic.info().graphs()).hasSize(13);
        assertThat(unipic.info().bytes()).isGreaterThan(1_000_000);
        assertThat(unipic.info().graphs())
                .filteredOn(graph -> graph.name().equals("mar_encoder"))
                .singleElement()
                .satisfies(graph -> assertThat(graph.inputs())
                        .containsExactly("tokens float32 [B,V,16]", "positions int64 [B,V]", "grid int64 [2]"));
    }

    @Test
    void aPromptAloneIsEnough() {
        Image image = unipic.generate("a red circle");
        assertThat(image.width()).isEqualTo(unipic.info().defaultWidth());
        assertThat(image.height()).isEqualTo(unipic.info().defaultHeight());
        assertThat(image.metadata()).containsEntry("prompt", "a red circle").containsKey("seed");
    }

    @Test
    void aSeedDrawsTheSameImageAgainAndAnotherSeedAnother() {
        assertThat(draw(small()).rgb()).isEqualTo(draw(small()).rgb());
        assertThat(draw(small()).rgb()).isNotEqualTo(draw(small().seed(8)).rgb());
    }

    @Test
    void everyParameterMatters() {
        byte[] base = draw(small()).rgb();
        assertThat(draw(small().prompt("a blue square")).rgb()).isNotEqualTo(base);
        assertThat(draw(small().iterations(5)).rgb()).isNotEqualTo(base);
        assertThat(draw(small().guidance(1)).rgb()).isNotEqualTo(base);
        assertThat(draw(small().guidanceSchedule(GuidanceSchedule.LINEAR)).rgb())
                .isNotEqualTo(base);
        assertThat(draw(small().temperature(0.5)).rgb()).isNotEqualTo(base);
        assertThat(draw(small().diffusionSteps(11)).rgb()).isNotEqualTo(base);
    }

    @Test
    void anyShapeIsDrawn() {
        Image wide = draw(small().size(96, 32));
        assertThat(wide.width()).isEqualTo(96);
        assertThat(wide.height()).isEqualTo(32);
        Image one = draw(small().size(16, 16).iterations(1));
        assertThat(one.rgb()).hasSize(3 * 16 * 16);
    }

    @Test
    void moreIterationsThanTokensAndFewestStepsWork() {
        assertThat(draw(small().size(32, 32).iterations(50).diffusionSteps(1)).rgb())
                .hasSize(3 * 32 * 32);
        assertThat(draw(small().size(32, 32).iterations(1).diffusionSteps(1000)).rgb())
                .hasSize(3 * 32 * 32);
    }

    @Test
    void aBatchDrawsWhatSingleRequestsDraw() {
        List<Image> batch = unipic.generate(small().count(3).build());
        for (int i = 0; i < 3; i++) {
            Image single = draw(small().seed(7 + i));
            assertClose(batch.get(i), single);
            assertThat(batch.get(i).metadata()).isEqualTo(single.metadata());
        }
    }

    @Test
    void aSavedImageDrawsItselfAgain(@TempDir Path folder) {
        Image first = draw(small().guidanceSchedule(GuidanceSchedule.LINEAR).temperature(0.9));
        first.save(folder.resolve("a.png"));
        Image read = Image.read(folder.resolve("a.png"));
        GenerateRequest again = read.request().orElseThrow();
        assertThat(read.rgb()).isEqualTo(first.rgb());
        assertThat(unipic.generate(again).get(0).rgb()).isEqualTo(first.rgb());
    }

    @Test
    void manyThreadsDrawWhatOneDraws() throws Exception {
        byte[] expected = draw(small()).rgb();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<byte[]>> tasks = new ArrayList<>();
            IntStream.range(0, 6).forEach(i -> tasks.add(() -> draw(small()).rgb()));
            for (Future<byte[]> result : threads.invokeAll(tasks)) {
                assertThat(result.get()).isEqualTo(expected);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void twoThreadsOfAModelDrawWhatOneDraws() {
        try (UniPic parallel = UniPic.builder(SmallModel.folder()).threads(2).load()) {
            assertClose(parallel.generate(small().build()).get(0), draw(small()));
        }
    }

    @Test
    void progressCountsUpAndShowsTheImage() {
        List<Progress> heard = new ArrayList<>();
        List<Image> previews = new ArrayList<>();
        Image image = draw(small().listener(progress -> {
            heard.add(progress);
            previews.addAll(progress.preview().get());
        }));
        assertThat(heard).extracting(Progress::iteration).containsExactly(1, 2, 3, 4);
        assertThat(heard).extracting(Progress::tokensDone).isSorted().endsWith(16);
        assertThat(heard.get(3).remaining()).contains(java.time.Duration.ZERO);
        assertThat(previews.get(0).rgb()).isNotEqualTo(image.rgb());
        assertThat(previews.get(3).rgb()).isEqualTo(image.rgb());
    }

    @Test
    void cancellationStopsWithinTheIteration() {
        Cancellation cancellation = new Cancellation();
        List<Integer> iterations = new ArrayList<>();
        GenerateRequest request = small().iterations(10)
                .cancellation(cancellation)
                .listener(progress -> {
                    iterations.add(progress.iteration());
                    if (progress.iteration() == 2) {
                        cancellation.cancel();
                    }
                })
                .build();
        assertThatExceptionOfType(CancelledException.class).isThrownBy(() -> unipic.generate(request));
        assertThat(iterations).containsExactly(1, 2);
        assertThat(draw(small()).rgb()).as("the model still works").hasSize(3 * 64 * 64);
    }

    @Test
    void cancellationReachesARunUnderWay() throws Exception {
        Cancellation cancellation = new Cancellation();
        // One iteration of a thousand steps: only a run that stops in the middle ends early.
        GenerateRequest request = small().size(512, 512)
                .iterations(1)
                .diffusionSteps(1000)
                .cancellation(cancellation)
                .build();
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            Future<List<Image>> result = thread.submit(() -> unipic.generate(request));
            Thread.sleep(200);
            cancellation.cancel();
            assertThat(org.assertj.core.api.Assertions.catchThrowable(result::get))
                    .hasCauseInstanceOf(CancelledException.class);
        } finally {
            thread.shutdownNow();
        }
    }

    @Test
    void aPromptBeyondTheContextIsRefused() {
        String prompt = "龘".repeat(33_000);
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> draw(small().prompt(prompt)))
                .withMessageContaining("tokens")
                .withMessageNotContaining("\n");
    }

    @Test
    void anImageBeyondTheContextIsRefused() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> draw(small().size(16 * 200, 16 * 200)))
                .withMessageContaining("smaller or fewer images");
    }

    @Test
    void tooMuchNoiseAtOnceIsRefused() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> unipic.generate(small().size(2048, 512)
                        .iterations(1)
                        .diffusionSteps(1000)
                        .count(9)
                        .build()))
                .withMessageContaining("fewer");
    }

    @Test
    void aClosedModelSaysSo() {
        UniPic closed = UniPic.load(SmallModel.folder());
        closed.close();
        closed.close();
        assertThatIllegalStateException().isThrownBy(() -> closed.generate("a red circle"));
    }

    @Test
    void promptsWithBracesAndMarkersAreJustText() {
        assertThat(draw(small().prompt("a {} b {prompt} <|im_end|>")).metadata())
                .containsEntry("prompt", "a {} b {prompt} <|im_end|>");
        assertThat(Optional.of(draw(small().prompt("{}")))).isPresent();
    }

    /** A batch may round differently from a single image, as the kernels choose by size. */
    private static void assertClose(Image actual, Image expected) {
        byte[] a = actual.rgb();
        byte[] b = expected.rgb();
        assertThat(a).hasSameSizeAs(b);
        int differing = 0;
        for (int i = 0; i < a.length; i++) {
            int difference = Math.abs((a[i] & 0xff) - (b[i] & 0xff));
            assertThat(difference).isLessThanOrEqualTo(1);
            differing += difference;
        }
        assertThat(differing).isLessThanOrEqualTo(a.length / 1000);
    }
}
