package io.github.unipic.export.modules;

import io.github.unipic.export.modules.Architecture.LanguageModel;
import io.github.unipic.export.onnx.Value;
import java.util.List;

/** One decoder layer of Qwen2: grouped-query causal attention over a KV cache, then the gated MLP. */
record Qwen2Layer(Weights weights, LanguageModel llm) {

    /** The layer's result [B,S,D] and its KV cache with the new positions appended. */
    record Result(Value hidden, Value presentKeys, Value presentValues) {}

    Result apply(Value x, Qwen2Decoder.Context context, Value pastKeys, Value pastValues) {
        return x.graph().scope(weights.prefix(), () -> {
            List<Value> attended = attention(normalize("input_layernorm", x), context, pastKeys, pastValues);
            Value y = x.add(new Linear(weights.at("self_attn.o_proj"), llm.queryWidth(), llm.width(), false)
                    .apply(attended.get(0)));
            Value z = y.add(mlp(normalize("post_attention_layernorm", y)));
            return new Result(z, attended.get(1), attended.get(2));
        });
    }

    private List<Value> attention(Value x, Qwen2Decoder.Context context, Value pastKeys, Value pastValues) {
        List<Long> widths = List.of((long) llm.queryWidth(), (long) llm.keyWidth(), (long) llm.keyWidth());
        List<Value> projected = new Projections(
                        weights.at("self_attn"), List.of("q_proj", "k_proj", "v_proj"), llm.width(), widths, true)
                .apply(x);
        Value queries = projected.get(0).rotate(context.cos(), context.sin(), llm.heads());
        Value keys = projected.get(1).rotate(context.cos(), context.sin(), llm.kvHeads());
        Value values = projected.get(2);
        return queries.attention(keys, values, context.mask(), pastKeys, pastValues, llm.heads(), llm.kvHeads());
    }

    private Value mlp(Value x) {
        List<Long> widths = List.of((long) llm.mlp(), (long) llm.mlp());
        List<Value> projected = new Projections(
                        weights.at("mlp"), List.of("gate_proj", "up_proj"), llm.width(), widths, false)
                .apply(x);
        Value gated = projected.get(0).silu().mul(projected.get(1));
        return new Linear(weights.at("mlp.down_proj"), llm.mlp(), llm.width(), false).apply(gated);
    }

    private Value normalize(String name, Value x) {
        return x.rmsNorm(weights.tensor(x.graph(), name + ".weight", llm.width()), llm.epsilon());
    }
}
