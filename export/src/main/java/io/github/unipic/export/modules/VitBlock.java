package io.github.unipic.export.modules;

import io.github.unipic.export.onnx.Value;
import java.util.List;
import java.util.function.UnaryOperator;

/** A pre-norm transformer block of the MAR encoder and decoder: bidirectional attention, exact GELU, MLP ratio 4. */
record VitBlock(Weights weights, int dim, int heads) {
    static final double EPSILON = 1e-6;

    Value apply(Value x) {
        return apply(x, UnaryOperator.identity(), UnaryOperator.identity());
    }

    /**
     * The results at some positions.
     *
     * @param x [B,S,dim]
     * @param asked from [B,S,dim] to those positions, [B,M,dim]
     * @param attended from the keys and values of {@code x} to those that are attended to
     */
    Value apply(Value x, UnaryOperator<Value> asked, UnaryOperator<KeysAndValues> attended) {
        return x.graph().scope(weights.prefix(), () -> {
            Value normed = new LayerNorm(weights.at("norm1"), dim, EPSILON).apply(x);
            Value y = asked.apply(x).add(attention(normed, asked, attended));
            return y.add(mlp(new LayerNorm(weights.at("norm2"), dim, EPSILON).apply(y)));
        });
    }

    private Value attention(Value x, UnaryOperator<Value> asked, UnaryOperator<KeysAndValues> attended) {
        List<Value> qkv =
                new Linear(weights.at("attn.qkv"), dim, 3L * dim).apply(x).split(2, 3);
        KeysAndValues all = attended.apply(new KeysAndValues(qkv.get(1), qkv.get(2)));
        Value mixed = new Attention(weights.flavor(), heads).apply(asked.apply(qkv.get(0)), all.keys(), all.values());
        return new Linear(weights.at("attn.proj"), dim, dim).apply(mixed);
    }

    private Value mlp(Value x) {
        Value hidden = new Linear(weights.at("mlp.fc1"), dim, 4L * dim).apply(x).gelu();
        return new Linear(weights.at("mlp.fc2"), 4L * dim, dim).apply(hidden);
    }
}
