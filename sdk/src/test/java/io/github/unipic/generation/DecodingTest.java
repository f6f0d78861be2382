package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.DescribeRequest;
import io.github.unipic.generation.LanguageModel.Extension;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.runtime.TestExecution;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.text.PromptTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Decoding over the KV cache gives what the model gives without one. */
class DecodingTest {
    private static Engine engine;
    private static PromptTokenizer tokenizer;
    private static Execution execution;
    private static LanguageModel model;

    @BeforeAll
    static void load() {
        ModelFolder folder = ModelFolder.open(SmallModel.folder(), false);
        engine = Engine.open(folder, SmallModel.options());
        tokenizer = engine.tokenizer();
        execution = TestExecution.of(engine);
        model = new LanguageModel(execution);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static LanguageContext context(long[] ids) {
        LanguageContext context = LanguageContext.empty(execution);
        context.tokens(ids);
        return context;
    }

    /** The next token's logits by one run over the whole sequence. */
    private static float[] plainForward(List<Long> ids) {
        long[] all = ids.stream().mapToLong(Long::longValue).toArray();
        try (KvCache none = model.emptyCache(1);
                Tensor embeds = model.embed(new long[][] {all})) {
            Extension whole = model.extend(none, embeds);
            try (KvCache cache = whole.cache();
                    Tensor hidden = whole.hidden();
                    Tensor last = hidden.rows().last();
                    Tensor logits = model.logits(last)) {
                assertThat(cache.length()).isEqualTo(all.length);
                return logits.toFloats();
            }
        }
    }

    @Test
    void sixtyFourTokensEqualAPlainForward() {
        long[] prompt = tokenizer.encode("The quick brown fox jumps over the lazy dog");
        List<Long> sequence = new ArrayList<>(Arrays.stream(prompt).boxed().toList());
        try (LanguageContext context = context(prompt)) {
            List<Integer> answered = new TextGenerator(tokenizer, List.of())
                    .generate(context, DescribeRequest.builder("").maxTokens(64).build())
                    .tokens();
            assertThat(answered).hasSize(64);
            for (int token : answered) {
                float[] logits = plainForward(sequence);
                int greedy = IntStream.range(0, logits.length)
                        .reduce((a, b) -> logits[b] > logits[a] ? b : a)
                        .getAsInt();
                assertThat(token).isEqualTo(greedy);
                sequence.add((long) token);
            }
        }
    }

    @Test
    void chunksEqualOnePrefill() {
        long[] ids = IntStream.range(0, 1300).mapToLong(i -> (i * 37L) % 420).toArray();
        float[] whole = plainForward(Arrays.stream(ids).boxed().toList());
        try (LanguageContext context = context(ids)) {
            float[] chunked = context.logits();
            for (int i = 0; i < whole.length; i++) {
                assertThat(chunked[i]).isCloseTo(whole[i], org.assertj.core.api.Assertions.within(1e-4f));
            }
        }
    }
}
