package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.DiffusionSteps;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Reuse;
import io.github.unipic.generation.GenerationPlan.Sample;
import io.github.unipic.generation.UnmaskingSchedule.Iteration;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Grid;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.RunListener;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.runtime.TestExecution;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The loop in batches gives what the plain loop gives for one image and one prompt after the other. */
class ImageGeneratorTest {
    private static final Grid GRID = new Grid(3, 5);
    private static final int STEPS = 4;
    private static final double TEMPERATURE = 0.8;

    private static Engine engine;
    private static Execution execution;
    private static LanguageContext conditional;
    private static LanguageContext unconditional;

    @BeforeAll
    static void load() {
        engine = Engine.open(ModelFolder.open(SmallModel.folder(), false), SmallModel.options(Memory.DEFAULTS));
        execution = TestExecution.of(engine);
        conditional = LanguageContext.empty(execution);
        conditional.tokens(engine.tokenizer().encode("a red circle on a white ground"));
        unconditional = LanguageContext.empty(execution);
        unconditional.tokens(engine.tokenizer().encode("an image"));
    }

    @AfterAll
    static void close() {
        conditional.close();
        unconditional.close();
        engine.close();
    }

    private static float[] gaussian(int seed) {
        Random random = new Random(seed);
        float[] values = new float[GRID.tokens() * execution.manifest().sizes().latentChannels()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static GenerationPlan plan(
            int iterations,
            double guidance,
            GuidanceSchedule guidanceSchedule,
            Optional<float[]> start,
            List<Sample> samples) {
        return new GenerationPlan(
                GRID,
                iterations,
                guidance,
                guidanceSchedule,
                TEMPERATURE,
                Reuse.NONE,
                Reuse.NONE,
                DiffusionPlan.constant(STEPS, execution.manifest().diffusion().maxBeta()),
                start,
                samples);
    }

    private static GenerationPlan plan(int iterations, double guidance, Reuse reuse, DiffusionSteps steps) {
        return plan(iterations, guidance, reuse, Reuse.NONE, steps);
    }

    private static GenerationPlan plan(
            int iterations, double guidance, Reuse guidanceReuse, Reuse tokenReuse, DiffusionSteps steps) {
        return new GenerationPlan(
                GRID,
                iterations,
                guidance,
                GuidanceSchedule.CONSTANT,
                TEMPERATURE,
                guidanceReuse,
                tokenReuse,
                new DiffusionPlan(steps, execution.manifest().diffusion().maxBeta()),
                Optional.empty(),
                samples(15));
    }

    private static List<Sample> samples(int masked) {
        return List.of(
                new Sample(TokenOrder.random(masked, 1), new PhiloxNoise(1)),
                new Sample(TokenOrder.random(masked, 2), new PhiloxNoise(2)));
    }

    private static ImageTokens generate(
            GenerationPlan plan, Optional<Tensor> canvas, ImageGenerator.Observer observer) {
        try (KvCache prompts = KvCache.stack(plan.rows(conditional.cache(), unconditional.cache()));
                Tensor blank = new MarModel(execution).blankCanvas()) {
            return new ImageGenerator(execution).generate(plan, prompts, canvas.orElse(blank), observer);
        }
    }

    private static void assertAsPlain(GenerationPlan plan, Optional<Tensor> canvas) {
        PlainLoop plain = new PlainLoop(
                execution,
                GRID,
                plan.iterations(),
                plan.guidance(),
                plan.guidanceSchedule() == GuidanceSchedule.LINEAR,
                TEMPERATURE,
                k -> plan.diffusion().steps(k, plan.iterations()),
                plan.guidanceReuse()::computes,
                plan.tokenReuse()::computes,
                plan.guidance() == 1
                        ? List.of(conditional.cache())
                        : List.of(conditional.cache(), unconditional.cache()));
        float[] start = plan.start().orElseGet(() -> new float[gaussian(0).length]);
        long open = Tensor.open();
        ImageTokens tokens = generate(plan, canvas, (iteration, z, sofar) -> {});
        assertThat(Tensor.open()).isEqualTo(open);
        for (int image = 0; image < plan.samples().size(); image++) {
            Sample sample = plan.samples().get(image);
            try (Tensor latents = tokens.latents(image)) {
                assertClose(latents.toFloats(), plain.generate(sample.order(), sample.noise(), start, canvas));
            }
        }
    }

    /** With so few steps latents are some hundreds large. */
    private static void assertClose(float[] actual, float[] expected) {
        float largest = 0;
        for (float value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        assertThat(actual).usingComparatorWithPrecision(1e-3f * largest).containsExactly(expected);
    }

    @Test
    void twoImagesWithGuidanceThatGrows() {
        assertAsPlain(plan(4, 3, GuidanceSchedule.LINEAR, Optional.empty(), samples(15)), Optional.empty());
    }

    @Test
    void withoutGuidance() {
        assertAsPlain(plan(3, 1, GuidanceSchedule.CONSTANT, Optional.empty(), samples(15)), Optional.empty());
    }

    @Test
    void diffusionStepsThatFall() {
        assertAsPlain(plan(4, 3, Reuse.NONE, DiffusionSteps.annealed(7, 2)), Optional.empty());
    }

    @ParameterizedTest
    @CsvSource({"1, 2", "2, 3", "1, 9", "3, 2", "9, 9"})
    void reusedGuidance(int initial, int every) {
        assertAsPlain(plan(7, 3, new Reuse(initial, every), DiffusionSteps.constant(STEPS)), Optional.empty());
    }

    /** Iterations without a position to predict are left out, also those that would compute guidance. */
    @Test
    void reusedGuidanceInMoreIterationsThanPositions() {
        assertAsPlain(plan(40, 3, Reuse.every(7), DiffusionSteps.annealed(4, 2)), Optional.empty());
    }

    /** The only position is predicted last, in an iteration that would reuse guidance, had any been computed. */
    @Test
    void reusedGuidanceOfASinglePosition() {
        Reuse fast = Reuse.every(4);
        assertThat(fast.computes(31)).isFalse();
        GenerationPlan exact = single(Reuse.NONE);
        GenerationPlan reusing = single(fast);
        try (Tensor expected = generate(exact, Optional.empty(), (iteration, z, sofar) -> {})
                        .latents(0);
                Tensor actual = generate(reusing, Optional.empty(), (iteration, z, sofar) -> {})
                        .latents(0)) {
            assertThat(actual.toFloats()).containsExactly(expected.toFloats());
        }
    }

    private static GenerationPlan single(Reuse reuse) {
        return new GenerationPlan(
                GRID,
                32,
                3,
                GuidanceSchedule.CONSTANT,
                TEMPERATURE,
                reuse,
                Reuse.NONE,
                DiffusionPlan.constant(STEPS, execution.manifest().diffusion().maxBeta()),
                Optional.of(gaussian(1)),
                samples(1));
    }

    @Test
    void nothingIsReusedWithoutGuidance() {
        assertAsPlain(plan(4, 1, Reuse.every(3), DiffusionSteps.constant(STEPS)), Optional.empty());
    }

    /** Guidance at 3, where iterations that compute it compute every token, and none. */
    @ParameterizedTest
    @CsvSource({"3, 2, 4, 2, 4", "3, 1, 3, 1, 2", "3, 2, 2, 1, 9", "3, 1, 9, 1, 9", "1, 1, 1, 1, 3", "1, 1, 1, 2, 9"})
    void reusedTokens(double guidance, int initial, int every, int initialTokens, int everyToken) {
        GenerationPlan plan = plan(
                7,
                guidance,
                new Reuse(initial, every),
                new Reuse(initialTokens, everyToken),
                DiffusionSteps.constant(STEPS));
        assertThat(plan.reusesTokens()).isTrue();
        assertAsPlain(plan, Optional.empty());
    }

    /** Iterations without a position to predict are left out, also those that would compute every token. */
    @Test
    void reusedTokensInMoreIterationsThanPositions() {
        Reuse reuse = Reuse.every(7);
        assertAsPlain(plan(40, 3, reuse, reuse, DiffusionSteps.annealed(4, 2)), Optional.empty());
    }

    @Test
    void reusedTokensOfAnEdit() {
        try (Tensor latents = Tensor.floats(gaussian(3), 1, GRID.height(), GRID.width(), 16);
                MarEncoding source = new MarModel(execution).encodeImage(latents)) {
            Reuse reuse = new Reuse(1, 3);
            assertAsPlain(
                    plan(5, 3, reuse, reuse, DiffusionSteps.constant(STEPS)),
                    Optional.of(source.canvas().orElseThrow()));
        }
    }

    /** Of 15 positions the first 9 are masked; the others are known from the start. */
    @Test
    void reusedTokensOfAPartOfAnImage() {
        Reuse reuse = new Reuse(1, 3);
        GenerationPlan plan = new GenerationPlan(
                GRID,
                5,
                3,
                GuidanceSchedule.CONSTANT,
                TEMPERATURE,
                reuse,
                reuse,
                DiffusionPlan.constant(STEPS, execution.manifest().diffusion().maxBeta()),
                Optional.of(gaussian(1)),
                samples(9));
        assertThat(plan.reusesTokens()).isTrue();
        assertAsPlain(plan, Optional.empty());
    }

    @Test
    void keysAndValuesAreFreedWhenAnIterationFails() {
        Reuse reuse = Reuse.every(4);
        long open = Tensor.open();
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> generate(
                        plan(7, 3, reuse, reuse, DiffusionSteps.constant(STEPS)),
                        Optional.empty(),
                        (iteration, z, tokens) -> {
                            if (iteration.index() == 2) {
                                throw new IllegalStateException("stop");
                            }
                        }));
        assertThat(Tensor.open()).isEqualTo(open);
    }

    /** All would be computed by iterations that compute guidance: the plan does not need the other graph. */
    @Test
    void tokensAreNotReusedWhereGuidanceIsComputed() {
        GenerationPlan plan = plan(7, 3, Reuse.NONE, Reuse.every(4), DiffusionSteps.constant(STEPS));
        assertThat(plan.reusesTokens()).isFalse();
        assertThat(new ImageGenerator(execution).graphs(plan))
                .contains(GraphName.MAR_DECODER)
                .doesNotContain(GraphName.MAR_DECODER_CACHED);
    }

    /** Folders of earlier exports have no graph for it. */
    @Test
    void withoutTheGraphEveryTokenIsComputed(@TempDir Path folder) throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), folder.resolve("model"));
        copy.forgetGraph(GraphName.MAR_DECODER_CACHED);
        GenerationPlan reusing = plan(7, 1, Reuse.NONE, Reuse.every(4), DiffusionSteps.constant(STEPS));
        GenerationPlan exact = plan(7, 1, Reuse.NONE, DiffusionSteps.constant(STEPS));
        float[] expected = latents(execution, exact);
        assertThat(latents(execution, reusing)).isNotEqualTo(expected);
        try (Engine other = Engine.open(ModelFolder.open(copy.finish(), false), SmallModel.options(Memory.DEFAULTS))) {
            assertThat(latents(TestExecution.of(other), reusing)).isEqualTo(expected);
        }
    }

    private static float[] latents(Execution execution, GenerationPlan plan) {
        try (KvCache prompts = KvCache.stack(plan.rows(conditional.cache(), unconditional.cache()));
                Tensor blank = new MarModel(execution).blankCanvas();
                Tensor latents = new ImageGenerator(execution)
                        .generate(plan, prompts, blank, (iteration, z, tokens) -> {})
                        .latents(0)) {
            return latents.toFloats();
        }
    }

    /** Of 15 positions the first 6 are masked. */
    @Test
    void apartOfAnImage() {
        assertAsPlain(plan(3, 3, GuidanceSchedule.CONSTANT, Optional.of(gaussian(1)), samples(6)), Optional.empty());
    }

    @Test
    void anEdit() {
        try (Tensor latents = Tensor.floats(gaussian(3), 1, GRID.height(), GRID.width(), 16);
                MarEncoding source = new MarModel(execution).encodeImage(latents)) {
            assertAsPlain(
                    plan(2, 3, GuidanceSchedule.CONSTANT, Optional.empty(), samples(15)),
                    Optional.of(source.canvas().orElseThrow()));
        }
    }

    /** On a GPU, to get memory takes as long as a small run. Previews, which the observer makes, return theirs. */
    @ParameterizedTest
    @CsvSource({"true, 'true, true, true, false'", "false, 'false, false, false, false'"})
    void memoryIsKeptUntilTheLastIteration(boolean keepLoaded, String expected) {
        List<Execution> executions = new ArrayList<>();
        Map<GraphName, List<Boolean>> kept = new EnumMap<>(GraphName.class);
        RunListener recording = new RunListener() {
            @Override
            public void onRun(GraphName graph, long nanos) {
                kept.computeIfAbsent(graph, first -> new ArrayList<>())
                        .add(executions.get(0).keepsMemory());
            }
        };
        GenerationPlan plan = plan(4, 3, Reuse.NONE, DiffusionSteps.constant(STEPS));
        try (Engine other = Engine.open(
                        ModelFolder.open(SmallModel.folder(), false),
                        SmallModel.options(Memory.DEFAULTS.withKeepLoaded(keepLoaded)),
                        recording);
                KvCache prompts = KvCache.stack(plan.rows(conditional.cache(), unconditional.cache()))) {
            executions.add(TestExecution.of(other));
            try (Tensor blank = new MarModel(executions.get(0)).blankCanvas()) {
                new ImageGenerator(executions.get(0))
                        .generate(
                                plan,
                                prompts,
                                blank,
                                (k, z, tokens) -> assertThat(executions.get(0).keepsMemory())
                                        .isFalse());
            }
        }
        assertThat(kept)
                .containsOnlyKeys(
                        GraphName.MAR_ENCODER, GraphName.DECODER_STEP, GraphName.MAR_DECODER, GraphName.TOKEN_SAMPLER);
        assertThat(kept.values()).allSatisfy(flags -> assertThat(flags).hasToString("[" + expected + "]"));
    }

    @Test
    void theObserverIsNotifiedOfEachIterationThatPredicts() {
        GenerationPlan plan = plan(40, 3, GuidanceSchedule.CONSTANT, Optional.empty(), samples(15));
        int dim = execution.manifest().sizes().marDim();
        List<Iteration> seen = new ArrayList<>();
        int[] done = {0};
        generate(plan, Optional.empty(), (iteration, z, tokens) -> {
            seen.add(iteration);
            done[0] += iteration.predictedTokens();
            assertThat(z.shape()).containsExactly(4, iteration.predictedTokens(), dim);
            assertThat(iteration.tokensAfter()).isEqualTo(done[0]);
            for (int image = 0; image < 2; image++) {
                try (Tensor latents = tokens.latents(image)) {
                    float[] values = latents.toFloats();
                    long known = IntStream.range(0, 15)
                            .filter(position -> values[position * 16] != 0)
                            .count();
                    assertThat(known).isEqualTo(done[0]);
                }
            }
        });
        assertThat(done[0]).isEqualTo(15);
        assertThat(seen).hasSizeLessThanOrEqualTo(15).noneMatch(iteration -> iteration.predictedTokens() == 0);
        assertThat(seen).extracting(Iteration::index).isSorted().endsWith(39);
    }

    /** All positions known one by one, or the whole image: the MAR encoder computes the same. */
    @Test
    void aWholeImageIsAllOfItsTokens() {
        int[] everywhere = IntStream.range(0, 15).toArray();
        MarModel mar = new MarModel(execution);
        try (Tensor latents = Tensor.floats(gaussian(4), 1, 3, 5, 16);
                Tensor tokens = Tensor.floats(gaussian(4), 1, 15, 16);
                MarEncoding whole = mar.encodeImage(latents);
                MarEncoding each = mar.encode(tokens, List.of(everywhere), GRID);
                MarEncoding turned = mar.encode(tokens, List.of(everywhere), new Grid(5, 3));
                Tensor embeds = mar.embedImage(latents)) {
            assertThat(whole.grid()).isEqualTo(GRID);
            assertThat(whole.encoded().toFloats())
                    .containsExactly(each.encoded().toFloats());
            assertThat(whole.embeds().toFloats()).containsExactly(each.embeds().toFloats());
            assertThat(embeds.toFloats()).containsExactly(each.embeds().toFloats());
            assertThat(turned.embeds().toFloats()).isNotEqualTo(each.embeds().toFloats());
            assertThat(each.canvas()).isEmpty();
        }
    }
}
