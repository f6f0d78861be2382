package io.github.unipic.export.modules;

import io.github.unipic.export.onnx.Value;
import java.util.List;
import java.util.function.UnaryOperator;

/** A pre-norm transformer block of the MAR encoder and decoder: bidirectional attention, exact GELU, MLP ratio 4. */
record VitBlock(Weights weights, int dim, int heads) {
    static final double EPSILON = 1e-6;

    Value apply(Value x) {
        return apply(x, UnaryOperator.identity());
    }

    /**
     * The results at some positions, which attend to every position of {@code x} [B,S,dim].
     *
     * @param asked from [B,S,dim] to those positions, [B,M,dim]
     */
    Value apply(Value x, UnaryOperator<Value> asked) {
        return x.graph().scope(weights.prefix(), () -> {
            Value attended = attention(new LayerNorm(weights.at("norm1"), dim, EPSILON).apply(x), asked);
            Value y = asked.apply(x).add(attended);
            return y.add(mlp(new LayerNorm(weights.at("norm2"), dim, EPSILON).apply(y)));
        });
    }

    private Value attention(Value x, UnaryOperator<Value> asked) {
        List<Value> qkv =
                new Linear(weights.at("attn.qkv"), dim, 3L * dim).apply(x).split(2, 3);
        Value attended = new Attention(weights.flavor(), heads).apply(asked.apply(qkv.get(0)), qkv.get(1), qkv.get(2));
        return new Linear(weights.at("attn.proj"), dim, dim).apply(attended);
    }

    private Value mlp(Value x) {
        Value hidden = new Linear(weights.at("mlp.fc1"), dim, 4L * dim).apply(x).gelu();
        return new Linear(weights.at("mlp.fc2"), 4L * dim, dim).apply(hidden);
    }
}
