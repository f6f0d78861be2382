package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.generation.AlignedPrompts;
import io.github.unipic.generation.DiffusionSchedule;
import io.github.unipic.generation.LanguageContext;
import io.github.unipic.generation.MaskedGeneration;
import io.github.unipic.generation.MaskedGeneration.Sample;
import io.github.unipic.generation.MaskedGeneration.Task;
import io.github.unipic.generation.PhiloxNoise;
import io.github.unipic.generation.TokenOrder;
import io.github.unipic.model.Grid;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.Stages;
import io.github.unipic.runtime.Stages.Encoding;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.text.PromptTokenizer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An image with more tokens than go through the language model at once. */
class LargeImageTest {
    /** Three pieces for the language model. */
    private static final Grid GRID = new Grid(40, 60);

    /** Of each image. */
    private static final List<int[]> MASKED = List.of(new int[] {2396, 2397, 2398, 2399}, new int[] {0, 7, 1200, 1999});

    /** @param alignment of which the places that attention sees are a multiple; 1 for the CPU's, 4 for CUDA's */
    @ParameterizedTest
    @ValueSource(ints = {1, 4, 7})
    void theConditionsAreThoseOfAllTokensAtOnce(int alignment) {
        ModelFolder folder = ModelFolder.open(TinyModel.model(), false);
        try (Graphs graphs = new Graphs(folder, RuntimeOptions.DEFAULTS);
                PromptTokenizer tokenizer = PromptTokenizer.load(folder.tokenizer())) {
            Stages stages = new Stages(graphs, new Cancellation());
            float[] latents = latents(stages);
            List<float[]> seen = new ArrayList<>();
            try (KvCache prompts = prompts(stages, tokenizer, folder);
                    Tensor blank = stages.blankCanvas()) {
                new MaskedGeneration(stages, alignment).run(task(latents), prompts, blank, (iteration, z, tokens) -> {
                    assertThat(iteration.predicted()).containsExactlyInAnyOrder(MASKED.get(0));
                    seen.add(z.toFloats());
                });
                assertThat(seen).hasSize(1);
                assertThat(seen.get(0))
                        .usingComparatorWithPrecision(1e-4f)
                        .containsExactly(atOnce(stages, latents, prompts));
            }
        }
    }

    @Test
    void everyPieceEndsAtAMultipleOfPlacesAndHiddenOnesCountForNothing() {
        ModelFolder folder = ModelFolder.open(TinyModel.model(), false);
        try (Graphs graphs = new Graphs(folder, RuntimeOptions.DEFAULTS);
                PromptTokenizer tokenizer = PromptTokenizer.load(folder.tokenizer())) {
            Stages stages = new Stages(graphs, new Cancellation());
            long open = Tensor.open();
            try (KvCache prompts = prompts(stages, tokenizer, folder);
                    AlignedPrompts aligned = new AlignedPrompts(stages, prompts, 4)) {
                for (int tokens = 2400; tokens < 2404; tokens++) {
                    KvCache before = aligned.before(tokens);
                    assertThat(before).isSameAs(aligned.before(tokens));
                    for (int piece = 0; piece < 3; piece++) {
                        int start = aligned.start(piece, 3, tokens);
                        int end = aligned.start(piece + 1, 3, tokens);
                        assertThat(end - start).isBetween(797, 804);
                        assertThat((before.length() + end) % 4).isZero();
                    }
                    assertThat(aligned.start(0, 3, tokens)).isZero();
                    assertThat(aligned.start(3, 3, tokens)).isEqualTo(tokens);
                    for (int row = 0; row < prompts.batch(); row++) {
                        assertThat(before.tokens(row)).isEqualTo(prompts.tokens(row));
                    }
                }
            }
            assertThat(Tensor.open()).isEqualTo(open);
        }
    }

    /** Whole images of few tokens: each iteration has another number of known ones, and so of hidden places. */
    @Test
    void imagesDrawnBehindHiddenPlacesAreTheSame() {
        ModelFolder folder = ModelFolder.open(TinyModel.model(), false);
        try (Graphs graphs = new Graphs(folder, RuntimeOptions.DEFAULTS);
                PromptTokenizer tokenizer = PromptTokenizer.load(folder.tokenizer())) {
            Stages stages = new Stages(graphs, new Cancellation());
            long open = Tensor.open();
            float[] expected = drawn(stages, tokenizer, folder, 1);
            // With so few steps latents are some hundreds large.
            assertThat(drawn(stages, tokenizer, folder, 4))
                    .usingComparatorWithPrecision(1e-2f)
                    .containsExactly(expected);
            assertThat(Tensor.open()).isEqualTo(open);
        }
    }

    /** Latents of the second of two images. */
    private static float[] drawn(Stages stages, PromptTokenizer tokenizer, ModelFolder folder, int alignment) {
        Grid grid = new Grid(7, 5);
        Task task = new Task(
                grid,
                8,
                3,
                GuidanceSchedule.CONSTANT,
                1,
                DiffusionSchedule.cosine(3, 0.2),
                Optional.empty(),
                List.of(
                        new Sample(TokenOrder.random(grid.tokens(), 1), new PhiloxNoise(1)),
                        new Sample(TokenOrder.random(grid.tokens(), 2), new PhiloxNoise(2))));
        Set<Integer> residues = new HashSet<>();
        try (KvCache prompts = prompts(stages, tokenizer, folder);
                Tensor blank = stages.blankCanvas();
                Tensor latents = new MaskedGeneration(stages, alignment)
                        .run(task, prompts, blank, (iteration, z, tokens) -> residues.add(iteration.known().length % 4))
                        .latents(1)) {
            assertThat(residues).hasSizeGreaterThan(2);
            return latents.toFloats();
        }
    }

    private static Task task(float[] latents) {
        return new Task(
                GRID,
                1,
                3,
                GuidanceSchedule.CONSTANT,
                1,
                DiffusionSchedule.cosine(2, 0.2),
                Optional.of(latents),
                List.of(new Sample(MASKED.get(0), new PhiloxNoise(1)), new Sample(MASKED.get(1), new PhiloxNoise(2))));
    }

    private static float[] latents(Stages stages) {
        float[] latents = new float[GRID.tokens() * stages.sizes().latentChannels()];
        Random random = new Random(5);
        for (int i = 0; i < latents.length; i++) {
            latents[i] = (float) random.nextGaussian();
        }
        return latents;
    }

    /** Of two images with guidance: four rows, of two lengths. */
    private static KvCache prompts(Stages stages, PromptTokenizer tokenizer, ModelFolder folder) {
        try (LanguageContext conditional = LanguageContext.empty(stages, tokenizer, folder.manifest());
                LanguageContext unconditional = LanguageContext.empty(stages, tokenizer, folder.manifest())) {
            conditional.tokens(tokenizer.encode("a red circle on a white ground"));
            unconditional.tokens(tokenizer.encode("an image"));
            return KvCache.stack(
                    List.of(conditional.cache(), conditional.cache(), unconditional.cache(), unconditional.cache()));
        }
    }

    private static float[] atOnce(Stages stages, float[] latents, KvCache prompts) {
        int channels = stages.sizes().latentChannels();
        long[][] masked = MASKED.stream()
                .map(positions -> IntStream.of(positions).asLongStream().toArray())
                .toArray(long[][]::new);
        long[][] known = MASKED.stream().map(LargeImageTest::others).toArray(long[][]::new);
        FloatBuffer visible = Tensor.floatBuffer(known.length * known[0].length * channels);
        for (long[] positions : known) {
            for (long position : positions) {
                visible.put(latents, (int) position * channels, channels);
            }
        }
        try (Tensor tokens = Tensor.floats(visible.flip(), known.length, known[0].length, channels);
                Tensor positions = Tensor.longs(known);
                Tensor asked = Tensor.longs(masked);
                Tensor blank = stages.blankCanvas();
                Encoding encoding = stages.encodeTokens(tokens, positions, GRID);
                Tensor hidden = stages.hidden(encoding.embeds(), prompts);
                Tensor z = stages.conditions(encoding.encoded(), hidden, positions, asked, blank, GRID)) {
            return z.toFloats();
        }
    }

    private static long[] others(int[] masked) {
        return LongStream.range(0, GRID.tokens())
                .filter(position -> IntStream.of(masked).noneMatch(other -> other == position))
                .toArray();
    }
}
