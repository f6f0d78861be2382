package io.github.unipic.generation;

import static io.github.unipic.model.GraphName.DECODER_STEP;
import static io.github.unipic.model.GraphName.TEXT_EMBEDDING;
import static io.github.unipic.model.GraphName.TEXT_HEAD;

import io.github.unipic.model.Manifest.Sizes;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.KvCache.Layer;
import io.github.unipic.runtime.Outputs;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.runtime.Tensor.Rows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The language model (Qwen2.5): computes hidden states and logits from embeddings of text and images. The caller owns
 * the results.
 */
public final class LanguageModel {
    /** A longer cache, and the hidden states [B,S,D] of the new tokens. The caller owns both. */
    public record Extension(KvCache cache, Tensor hidden) {}

    /**
     * The largest number of image tokens in one graph run, plus a few for alignment. More tokens go through the model
     * in chunks. Attention then needs less memory and computes fewer scores that the causal mask hides.
     */
    static final int CHUNK = 1024;

    private final Execution execution;
    private final Sizes sizes;

    public LanguageModel(Execution execution) {
        this.execution = execution;
        this.sizes = execution.manifest().sizes();
    }

    /** Embeds token ids, the same number in each row, as [B,S,D]. */
    public Tensor embed(long[][] ids) {
        try (Tensor tensor = Tensor.longs(ids)) {
            return execution.run(TEXT_EMBEDDING, Map.of("ids", tensor), "embeds");
        }
    }

    /** Makes a cache without tokens. */
    public KvCache emptyCache(int batch) {
        return KvCache.empty(
                batch,
                sizes.layers(),
                () -> execution.empty(DECODER_STEP, "embeds", batch, sizes.kvHeads(), 0, sizes.headDim()));
    }

    /**
     * Appends new tokens to a cache and computes their hidden states; {@code past} does not change.
     *
     * @param embeds [E,S,D], E a divisor of the cache's batch: sequences repeat
     */
    public Extension extend(KvCache past, Tensor embeds) {
        Set<String> wanted = new LinkedHashSet<>();
        wanted.add("hidden");
        for (int layer = 0; layer < sizes.layers(); layer++) {
            wanted.add("present_key." + layer);
            wanted.add("present_value." + layer);
        }
        try (Outputs outputs = step(embeds, past, wanted)) {
            List<Layer> layers = new ArrayList<>();
            for (int layer = 0; layer < sizes.layers(); layer++) {
                layers.add(new Layer(outputs.take("present_key." + layer), outputs.take("present_value." + layer)));
            }
            return new Extension(new KvCache(layers, past.maskWith(embeds.dim(1))), outputs.take("hidden"));
        }
    }

    /**
     * Computes the hidden states [B,S,D] of new tokens after a cache, which does not change.
     *
     * @param embeds [E,S,D], E a divisor of the cache's batch: sequences repeat
     */
    public Tensor hidden(Tensor embeds, KvCache past) {
        try (Outputs outputs = step(embeds, past, Set.of("hidden"))) {
            return outputs.take("hidden");
        }
    }

    /** As {@link #hidden(Tensor, KvCache)}, after prompts. Many tokens are computed in chunks. */
    public Tensor hidden(Tensor embeds, PaddedPrompts prompts) {
        int tokens = embeds.dim(1);
        if (tokens <= CHUNK) {
            return hidden(embeds, prompts.before(tokens));
        }
        int chunks = (tokens + CHUNK - 1) / CHUNK;
        Rows rows = embeds.rows();
        List<Tensor> hidden = new ArrayList<>();
        KvCache cache = prompts.before(tokens).share();
        try {
            for (int chunk = 0; chunk < chunks - 1; chunk++) {
                try (Tensor part = chunk(rows, prompts, chunk, chunks, tokens)) {
                    Extension longer = extend(cache, part);
                    cache.close();
                    cache = longer.cache();
                    hidden.add(longer.hidden());
                }
            }
            try (Tensor last = chunk(rows, prompts, chunks - 1, chunks, tokens)) {
                hidden.add(hidden(last, cache));
            }
            return Tensor.join(hidden);
        } finally {
            cache.close();
            hidden.forEach(Tensor::close);
        }
    }

    private static Tensor chunk(Rows rows, PaddedPrompts prompts, int chunk, int chunks, int tokens) {
        return rows.part(prompts.start(chunk, chunks, tokens), prompts.start(chunk + 1, chunks, tokens));
    }

    private Outputs step(Tensor embeds, KvCache past, Set<String> outputs) {
        int tokens = embeds.dim(1);
        boolean[][] attended = past.maskWith(tokens);
        long[][] mask = new long[attended.length][attended[0].length];
        long[][] positions = new long[attended.length][tokens];
        for (int sequence = 0; sequence < attended.length; sequence++) {
            for (int position = 0; position < mask[sequence].length; position++) {
                mask[sequence][position] = attended[sequence][position] ? 1 : 0;
            }
            int first = past.tokens(sequence);
            Arrays.setAll(positions[sequence], i -> first + i);
        }
        try (Tensor maskTensor = Tensor.longs(mask);
                Tensor positionTensor = Tensor.longs(positions)) {
            Map<String, Tensor> inputs = new LinkedHashMap<>();
            inputs.put("embeds", embeds);
            inputs.put("attention_mask", maskTensor);
            inputs.put("position_ids", positionTensor);
            for (int layer = 0; layer < sizes.layers(); layer++) {
                inputs.put("past_key." + layer, past.keys(layer));
                inputs.put("past_value." + layer, past.values(layer));
            }
            return execution.run(DECODER_STEP, inputs, outputs);
        }
    }

    /** Computes logits float32 [B,vocabulary] from hidden states [B,D]. */
    public Tensor logits(Tensor hidden) {
        return execution.run(TEXT_HEAD, Map.of("hidden", hidden), "logits");
    }
}
