package io.github.unipic.export.modules;

import io.github.unipic.export.Architecture.LanguageModel;
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
        Value queries = project("q_proj", x, llm.queryWidth()).rotate(context.cos(), context.sin(), llm.heads());
        Value keys = project("k_proj", x, llm.keyWidth()).rotate(context.cos(), context.sin(), llm.kvHeads());
        Value values = project("v_proj", x, llm.keyWidth());
        return queries.attention(keys, values, context.mask(), pastKeys, pastValues, llm.heads(), llm.kvHeads());
    }

    private Value project(String name, Value x, int out) {
        return new Linear(weights.at("self_attn." + name), llm.width(), out).apply(x);
    }

    private Value mlp(Value x) {
        Value gate = new Linear(weights.at("mlp.gate_proj"), llm.width(), llm.mlp(), false)
                .apply(x)
                .silu();
        Value up = new Linear(weights.at("mlp.up_proj"), llm.width(), llm.mlp(), false).apply(x);
        return new Linear(weights.at("mlp.down_proj"), llm.mlp(), llm.width(), false).apply(gate.mul(up));
    }

    private Value normalize(String name, Value x) {
        return x.rmsNorm(weights.tensor(x.graph(), name + ".weight", llm.width()), llm.epsilon());
    }
}
