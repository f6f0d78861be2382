package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Reuse;
import io.github.unipic.generation.GenerationPlan.Sample;
import io.github.unipic.generation.MarModel.DecoderInputs;
import io.github.unipic.model.Grid;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.runtime.TestExecution;
import io.github.unipic.testing.SmallModel;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An image with more tokens than go through the language model at once. */
class LargeImageTest {
    /** Three chunks for the language model. */
    private static final Grid GRID = new Grid(40, 52);

    /** In the first chunk, in the middle and in the last one. */
    private static final int[] MASKED = {0, 7, 1200, 2079};

    private static Engine engine;
    private static Execution execution;
    private static float[] latents;

    /** Conditions of the large image's masked tokens, without chunks. */
    private static float[] expected;

    @BeforeAll
    static void open() {
        engine = Engine.open(ModelFolder.open(SmallModel.folder(), false), SmallModel.options());
        execution = TestExecution.of(engine);
        latents = latents();
        try (KvCache prompts = prompts(1)) {
            expected = atOnce(prompts);
        }
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    /** @param alignment of which the length that attention sees is a multiple; 1 for the CPU's, 4 for CUDA's */
    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void theConditionsAreThoseOfAllTokensAtOnce(int alignment) {
        List<float[]> seen = new ArrayList<>();
        try (KvCache prompts = prompts(1);
                Tensor blank = new MarModel(execution).blankCanvas()) {
            new ImageGenerator(execution, alignment).generate(plan(), prompts, blank, (iteration, z, tokens) -> {
                assertThat(iteration.predicted().get(0)).containsExactlyInAnyOrder(MASKED);
                seen.add(z.toFloats());
            });
        }
        assertThat(seen).hasSize(1);
        assertThat(seen.get(0)).usingComparatorWithPrecision(1e-4f).containsExactly(expected);
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 7})
    void everyChunkEndsAtAMultipleAndPaddingIsNotCounted(int alignment) {
        long open = Tensor.open();
        try (KvCache prompts = prompts(1);
                PaddedPrompts padded = new PaddedPrompts(execution, prompts, alignment)) {
            for (int tokens = 2400; tokens < 2400 + alignment; tokens++) {
                KvCache before = padded.before(tokens);
                assertThat(before).isSameAs(padded.before(tokens));
                for (int chunk = 0; chunk < 3; chunk++) {
                    int start = padded.start(chunk, 3, tokens);
                    int end = padded.start(chunk + 1, 3, tokens);
                    assertThat(end - start).isBetween(801 - alignment, 802 + alignment);
                    assertThat((before.length() + end) % alignment).isZero();
                }
                assertThat(padded.start(0, 3, tokens)).isZero();
                assertThat(padded.start(3, 3, tokens)).isEqualTo(tokens);
                for (int row = 0; row < prompts.batch(); row++) {
                    assertThat(before.tokens(row)).isEqualTo(prompts.tokens(row));
                }
            }
        }
        assertThat(Tensor.open()).isEqualTo(open);
    }

    /** Whole images of few tokens: each iteration has another number of known ones, and so of padding. */
    @Test
    void imagesGeneratedBehindPaddingAreTheSame() {
        long open = Tensor.open();
        float[] unpadded = drawn(1);
        // With so few steps latents are some hundreds large.
        assertThat(drawn(4)).usingComparatorWithPrecision(1e-2f).containsExactly(unpadded);
        assertThat(Tensor.open()).isEqualTo(open);
    }

    /** Latents of the second of two images. */
    private static float[] drawn(int alignment) {
        Grid grid = new Grid(7, 5);
        GenerationPlan plan = new GenerationPlan(
                grid,
                8,
                3,
                GuidanceSchedule.CONSTANT,
                1,
                Reuse.NONE,
                Reuse.NONE,
                DiffusionPlan.constant(3, 0.2),
                Optional.empty(),
                List.of(
                        new Sample(TokenOrder.random(grid.tokens(), 1), new PhiloxNoise(1)),
                        new Sample(TokenOrder.random(grid.tokens(), 2), new PhiloxNoise(2))));
        Set<Integer> residues = new HashSet<>();
        try (KvCache prompts = prompts(2);
                Tensor blank = new MarModel(execution).blankCanvas();
                Tensor latents = new ImageGenerator(execution, alignment)
                        .generate(
                                plan,
                                prompts,
                                blank,
                                (iteration, z, tokens) ->
                                        residues.add(iteration.known().get(0).length % 4))
                        .latents(1)) {
            assertThat(residues).hasSizeGreaterThan(2);
            return latents.toFloats();
        }
    }

    private static GenerationPlan plan() {
        return new GenerationPlan(
                GRID,
                1,
                3,
                GuidanceSchedule.CONSTANT,
                1,
                Reuse.NONE,
                Reuse.NONE,
                DiffusionPlan.constant(2, 0.2),
                Optional.of(latents),
                List.of(new Sample(MASKED, new PhiloxNoise(1))));
    }

    private static float[] latents() {
        float[] latents = new float[GRID.tokens() * execution.manifest().sizes().latentChannels()];
        Random random = new Random(5);
        for (int i = 0; i < latents.length; i++) {
            latents[i] = (float) random.nextGaussian();
        }
        return latents;
    }

    /** Of images with guidance: two rows for each, of two lengths. */
    private static KvCache prompts(int images) {
        try (LanguageContext conditional = LanguageContext.empty(execution);
                LanguageContext unconditional = LanguageContext.empty(execution)) {
            conditional.tokens(execution.engine().tokenizer().encode("a red circle on a white ground"));
            unconditional.tokens(execution.engine().tokenizer().encode("an image"));
            List<KvCache> rows = new ArrayList<>(Collections.nCopies(images, conditional.cache()));
            rows.addAll(Collections.nCopies(images, unconditional.cache()));
            return KvCache.stack(rows);
        }
    }

    private static float[] atOnce(KvCache prompts) {
        int channels = execution.manifest().sizes().latentChannels();
        int[] known = IntStream.range(0, GRID.tokens())
                .filter(position -> IntStream.of(MASKED).noneMatch(masked -> masked == position))
                .toArray();
        FloatBuffer visible = Tensor.floatBuffer(known.length * channels);
        for (int position : known) {
            visible.put(latents, position * channels, channels);
        }
        MarModel mar = new MarModel(execution);
        try (Tensor tokens = Tensor.floats(visible.flip(), 1, known.length, channels);
                Tensor blank = mar.blankCanvas();
                MarEncoding encoding = mar.encode(tokens, List.of(known), GRID);
                Tensor hidden = new LanguageModel(execution).hidden(encoding.embeds(), prompts);
                Tensor z = mar.decode(
                        new DecoderInputs(encoding.encoded(), hidden, List.of(known), List.of(MASKED), blank, GRID))) {
            return z.toFloats();
        }
    }
}
