package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.generation.LanguageModel.Extension;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.RunListener;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.runtime.TestExecution;
import io.github.unipic.testing.SmallModel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the language model's graph is given: attention mask, positions, chunks. */
class LanguageModelTest {
    private static final AtomicInteger RUNS = new AtomicInteger();

    private static Engine engine;
    private static Execution execution;
    private static LanguageModel model;

    @BeforeAll
    static void load() {
        RunListener counting = new RunListener() {
            @Override
            public void onRun(GraphName graph, long nanos) {
                if (graph == GraphName.DECODER_STEP) {
                    RUNS.incrementAndGet();
                }
            }
        };
        engine = Engine.open(
                ModelFolder.open(SmallModel.folder(), false), SmallModel.options(Memory.DEFAULTS), counting);
        execution = TestExecution.of(engine);
        model = new LanguageModel(execution);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static Tensor embeds(int count) {
        int width = execution.manifest().sizes().hidden();
        Random random = new Random(count);
        float[] values = new float[count * width];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.floats(values, 1, count, width);
    }

    /** Of two sequences with three and five tokens. */
    private static KvCache prompts() {
        try (LanguageContext three = LanguageContext.empty(execution);
                LanguageContext five = LanguageContext.empty(execution)) {
            three.tokens(new long[] {41, 42, 43});
            five.tokens(new long[] {51, 52, 53, 54, 55});
            return KvCache.stack(List.of(three.cache(), five.cache()));
        }
    }

    private static float[] run(KvCache past, Tensor embeds, long[][] mask, long[][] positions) {
        try (Tensor maskTensor = Tensor.longs(mask);
                Tensor positionTensor = Tensor.longs(positions)) {
            Map<String, Tensor> inputs = new HashMap<>();
            inputs.put("embeds", embeds);
            inputs.put("attention_mask", maskTensor);
            inputs.put("position_ids", positionTensor);
            for (int layer = 0; layer < 2; layer++) {
                inputs.put("past_key." + layer, past.keys(layer));
                inputs.put("past_value." + layer, past.values(layer));
            }
            try (Tensor hidden = execution.run(GraphName.DECODER_STEP, inputs, "hidden")) {
                return hidden.toFloats();
            }
        }
    }

    /** UNIPIC: a position is the number of tokens before, without padding, which is masked out. */
    @Test
    void paddingIsMaskedOutAndNotCounted() {
        long[][] mask = {{1, 1, 1, 0, 0, 1, 1}, {1, 1, 1, 1, 1, 1, 1}};
        long[][] positions = {{3, 4}, {5, 6}};
        try (KvCache past = prompts();
                Tensor embeds = embeds(2)) {
            float[] expected = run(past, embeds, mask, positions);
            try (Tensor hidden = model.hidden(embeds, past)) {
                assertThat(hidden.shape()).containsExactly(2, 2, 64);
                assertThat(hidden.toFloats()).containsExactly(expected);
            }
            Extension extension = model.extend(past, embeds);
            try (KvCache longer = extension.cache();
                    Tensor hidden = extension.hidden()) {
                assertThat(hidden.toFloats()).containsExactly(expected);
                assertThat(longer.length()).isEqualTo(7);
                assertThat(longer.tokens(0)).isEqualTo(5);
                assertThat(longer.tokens(1)).isEqualTo(7);
                assertThat(past.length()).isEqualTo(5);
            }
            // The graph reads both.
            long[][] everything = {{1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1}};
            assertThat(run(past, embeds, everything, positions)).isNotEqualTo(expected);
            assertThat(run(past, embeds, mask, new long[][] {{5, 6}, {5, 6}})).isNotEqualTo(expected);
        }
    }

    @Test
    void noMoreThan1024ImageTokensGoThroughTheModelAtOnce() {
        for (int[] tokensAndRuns : new int[][] {{1, 1}, {1024, 1}, {1025, 2}, {2049, 3}}) {
            long open = Tensor.open();
            try (KvCache past = prompts();
                    PaddedPrompts padded = new PaddedPrompts(execution, past, 1);
                    Tensor embeds = embeds(tokensAndRuns[0])) {
                RUNS.set(0);
                try (Tensor hidden = model.hidden(embeds, padded)) {
                    assertThat(hidden.shape()).containsExactly(2, tokensAndRuns[0], 64);
                }
                assertThat(RUNS).hasValue(tokensAndRuns[1]);
            }
            assertThat(Tensor.open()).isEqualTo(open);
        }
    }
}
