package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import io.github.unipic.DescribeRequest;
import io.github.unipic.generation.LanguageContext;
import io.github.unipic.generation.TextGeneration;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.Stages;
import io.github.unipic.runtime.Stages.Extension;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.text.PromptTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Decoding over the KV cache gives what the model gives without one. */
class DecodingTest {
    private static Graphs graphs;
    private static PromptTokenizer tokenizer;
    private static Stages stages;

    @BeforeAll
    static void load() {
        ModelFolder folder = ModelFolder.open(TinyModel.model(), false);
        graphs = new Graphs(folder, RuntimeOptions.DEFAULTS);
        tokenizer = PromptTokenizer.load(folder.tokenizer());
        stages = new Stages(graphs, new Cancellation());
    }

    @AfterAll
    static void close() {
        tokenizer.close();
        graphs.close();
    }

    private static LanguageContext context(long[] ids) {
        LanguageContext context =
                LanguageContext.empty(stages, tokenizer, graphs.folder().manifest());
        context.tokens(ids);
        return context;
    }

    /** The next token's logits by one run over the whole sequence. */
    private static float[] plainForward(List<Long> ids) {
        long[] all = ids.stream().mapToLong(Long::longValue).toArray();
        try (KvCache none = stages.emptyCache(1);
                Tensor embeds = stages.embedText(new long[][] {all})) {
            Extension whole = stages.extend(none, embeds);
            try (KvCache cache = whole.cache();
                    Tensor hidden = whole.hidden();
                    Tensor last = hidden.rows(all.length - 1, all.length);
                    Tensor flat = last.reshape(1, hidden.dim(2));
                    Tensor logits = stages.logits(flat)) {
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
            List<Integer> answered = new TextGeneration(tokenizer, List.of())
                    .answer(context, DescribeRequest.builder("").maxTokens(64).build(), Optional.empty())
                    .tokens();
            assertThat(answered).hasSize(64);
            for (int token : answered) {
                float[] logits = plainForward(sequence);
                int likeliest = IntStream.range(0, logits.length)
                        .reduce((a, b) -> logits[b] > logits[a] ? b : a)
                        .getAsInt();
                assertThat(token).isEqualTo(likeliest);
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
