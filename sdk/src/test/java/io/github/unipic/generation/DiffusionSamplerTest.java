package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.runtime.TestExecution;
import io.github.unipic.testing.SmallModel;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The loop inside the graph gives what single evaluations and plain arithmetic give. */
class DiffusionSamplerTest {
    private static final int TOKENS = 3;
    private static final int STEPS = 4;

    private static Engine engine;
    private static Execution execution;
    private static int channels;
    private static int dim;

    @BeforeAll
    static void load() {
        engine = Engine.open(ModelFolder.open(SmallModel.folder(), false), SmallModel.options(Memory.DEFAULTS));
        execution = TestExecution.of(engine);
        channels = execution.manifest().sizes().latentChannels();
        dim = execution.manifest().sizes().marDim();
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static float[] gaussian(int count, long seed) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static float[] noise() {
        return gaussian((STEPS + 1) * TOKENS * channels, 2);
    }

    private static float[][] noiseRows() {
        int length = TOKENS * channels;
        float[][] rows = new float[STEPS + 1][];
        Arrays.setAll(rows, row -> Arrays.copyOfRange(noise(), row * length, (row + 1) * length));
        return rows;
    }

    private static float[] sample(Tensor z, double guidance, double temperature) {
        DiffusionSchedule schedule =
                DiffusionSchedule.cosine(STEPS, execution.manifest().diffusion().maxBeta());
        try (Tensor noise = Tensor.floats(noise(), STEPS + 1, TOKENS, channels);
                Tensor tokens = new DiffusionSampler(execution).sample(z, noise, schedule, guidance, temperature)) {
            assertThat(tokens.shape()).containsExactly(TOKENS, channels);
            return tokens.toFloats();
        }
    }

    private static void assertClose(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).isCloseTo(expected[i], within(1e-3f * (1 + Math.abs(expected[i]))));
        }
    }

    @Test
    void withoutGuidance() {
        float[] z = gaussian(TOKENS * dim, 1);
        try (Tensor rows = Tensor.floats(z, TOKENS, dim)) {
            assertClose(sample(rows, 1, 0.7), PlainLoop.sample(execution, List.of(z), noiseRows(), 1, 0.7, channels));
        }
    }

    @Test
    void withGuidanceTheConditionalHalfComesFirst() {
        float[] z = gaussian(2 * TOKENS * dim, 1);
        List<float[]> halves =
                List.of(Arrays.copyOf(z, TOKENS * dim), Arrays.copyOfRange(z, TOKENS * dim, 2 * TOKENS * dim));
        float[] expected = PlainLoop.sample(execution, halves, noiseRows(), 3, 1, channels);
        long open = Tensor.open();
        try (Tensor rows = Tensor.floats(z, 2 * TOKENS, dim);
                Tensor batches = Tensor.floats(z, 2, TOKENS, dim)) {
            assertClose(sample(rows, 3, 1), expected);
            assertThat(sample(batches, 3, 1)).containsExactly(sample(rows, 3, 1));
        }
        assertThat(Tensor.open()).isEqualTo(open);
    }
}
