package io.github.unipic.export.modules;

import io.github.unipic.export.modules.Architecture.LanguageModel;
import io.github.unipic.export.onnx.ElementType;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;
import java.util.ArrayList;
import java.util.List;

/** The Qwen2 language model without embedding and head: embeddings in, normalized hidden states out. */
public record Qwen2Decoder(Weights weights, LanguageModel llm) {

    /** Keys and values of one layer, [B,kvHeads,length,headDim]. */
    public record LayerCache(Value keys, Value values) {}

    /** Hidden states [B,S,D] after the final norm, and each layer's cache with the new positions appended. */
    public record Result(Value hidden, List<LayerCache> present) {}

    /** What all layers share: rotary tables [B,S,headDim/2] and what is added to the scores, [B,1,S,P+S]. */
    record Context(Value cos, Value sin, Value mask) {}

    /**
     * @param embeds [B,S,D]
     * @param attentionMask int64 [B,P+S], 0 hides a position of past or present from everyone
     * @param positions int64 [B,S], for the rotary embedding
     * @param past per layer
     */
    public Result apply(Value embeds, Value attentionMask, Value positions, List<LayerCache> past) {
        Context context = embeds.graph().scope("context", () -> context(embeds, attentionMask, positions));
        Value x = embeds;
        List<LayerCache> present = new ArrayList<>();
        for (int i = 0; i < llm.layers(); i++) {
            LayerCache cache = past.get(i);
            Qwen2Layer.Result result =
                    new Qwen2Layer(weights.at("layers", i), llm).apply(x, context, cache.keys(), cache.values());
            x = result.hidden();
            present.add(new LayerCache(result.presentKeys(), result.presentValues()));
        }
        Value scale = weights.tensor(x.graph(), "norm.weight", llm.width());
        return new Result(x.rmsNorm(scale, llm.epsilon()), present);
    }

    private Context context(Value embeds, Value attentionMask, Value positions) {
        Graph graph = embeds.graph();
        Value angles = positions
                .cast(ElementType.FLOAT32)
                .unsqueeze(2)
                .mul(graph.float32(inverseFrequencies(llm.headDim(), llm.ropeTheta())));

        // Causal: the query at index s of the S axis is at index P + s of the key axis and attends to the keys up to
        // that one.
        Value total = attentionMask.dim(1);
        Value length = embeds.dim(1);
        Value keyIndex = graph.range(total).unsqueeze(0);
        Value queryIndex = graph.range(length).add(total.sub(length)).unsqueeze(1);
        Value causal = keyIndex.lessOrEqual(queryIndex).unsqueeze(0, 1);
        Value shown = graph.scalar(0, ElementType.INT64).less(attentionMask).unsqueeze(1, 2);

        // As numbers: of booleans ONNX Runtime would make these numbers in every layer.
        ElementType type = embeds.type();
        Value mask = shown.and(causal).where(graph.scalar(0, type), graph.scalar(lowest(type), type));
        return new Context(angles.cos().cast(type), angles.sin().cast(type), mask);
    }

    private static double lowest(ElementType type) {
        return type == ElementType.FLOAT16 ? -65504 : -Float.MAX_VALUE;
    }

    /** theta^(-2i/d), rounded to float32 where PyTorch rounds (RoFormer, arXiv 2104.09864, section 3.2.2). */
    private static float[] inverseFrequencies(int headDim, double theta) {
        float[] frequencies = new float[headDim / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = 1f / (float) Math.pow(theta, 2f * i / headDim);
        }
        return frequencies;
    }
}
