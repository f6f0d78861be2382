package io.github.unipic.export.modules;

import io.github.unipic.export.onnx.Value;

/** Linear, SiLU, Linear: between the widths of two parts of the model. */
public record Projector(Weights weights, long in, long middle, long out) {

    public Value apply(Value x) {
        Value hidden = new Linear(weights.at("0"), in, middle).apply(x).silu();
        return new Linear(weights.at("2"), middle, out).apply(hidden);
    }
}
