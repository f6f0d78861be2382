package io.github.unipic.export;

import io.github.unipic.export.onnx.ElementType;

/** Element type of the exported weights and of the tensors between them. */
public enum Precision {
    /** float32 throughout. */
    FP32(ElementType.FLOAT32),
    /** float16, with normalisation statistics, softmax, rotary angles and the diffusion state in float32. */
    FP16(ElementType.FLOAT16);

    private final ElementType type;

    Precision(ElementType type) {
        this.type = type;
    }

    ElementType type() {
        return type;
    }
}
