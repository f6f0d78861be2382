package io.github.unipic.export.modules;

import io.github.unipic.export.modules.Architecture.Vision;
import io.github.unipic.export.onnx.Value;

/** A pre-norm transformer block of SigLIP2's vision tower: bidirectional attention, tanh GELU. */
record SiglipBlock(Weights weights, Vision vision) {

    Value apply(Value x) {
        int width = vision.width();
        return x.graph().scope(weights.prefix(), () -> {
            Value y = x.add(attention(new LayerNorm(weights.at("layer_norm1"), width, vision.epsilon()).apply(x)));
            return y.add(mlp(new LayerNorm(weights.at("layer_norm2"), width, vision.epsilon()).apply(y)));
        });
    }

    private Value attention(Value x) {
        Value attended = new Attention(weights.flavor(), vision.heads())
                .apply(project("q_proj", x), project("k_proj", x), project("v_proj", x));
        return project("out_proj", attended);
    }

    private Value project(String name, Value x) {
        return new Linear(weights.at("self_attn." + name), vision.width(), vision.width()).apply(x);
    }

    private Value mlp(Value x) {
        int width = vision.width();
        Value hidden =
                new Linear(weights.at("mlp.fc1"), width, vision.mlp()).apply(x).geluTanh();
        return new Linear(weights.at("mlp.fc2"), vision.mlp(), width).apply(hidden);
    }
}
