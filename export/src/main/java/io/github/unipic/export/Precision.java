package io.github.unipic.export;

import java.util.Locale;

/** The number formats in which a graph stores its weights and computes. */
public enum Precision {
    /** float32 throughout. */
    FP32("float32"),
    /** float16, with normalization statistics, softmax, rotary angles and the diffusion state in float32. */
    FP16("float16"),
    /** Weights in bfloat16, cast to float32 when the graph is loaded; float32 otherwise. */
    BF16("bfloat16"),
    /**
     * Matrices in int8 with a scale for each output, their inputs quantized row by row; token table and text head in
     * blocks of 8 bits; float32 otherwise.
     */
    INT8("int8"),
    /** Matrices in blocks of 4 bits (ONNX Runtime's MatMulNBits); float32 otherwise. */
    INT4("int4");

    private final String label;

    Precision(String label) {
        this.label = label;
    }

    /**
     * The name in manifests.
     *
     * @return such as {@code float16}
     */
    public String label() {
        return label;
    }

    /**
     * The name on command lines.
     *
     * @return such as {@code fp16}
     */
    public String option() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Whether graphs of this precision compute in float16.
     *
     * @return false if they compute in float32
     */
    public boolean computesInFloat16() {
        return this == FP16;
    }

    /**
     * Whether matrices are quantized to integers.
     *
     * @return true for int8 and int4
     */
    public boolean isQuantized() {
        return this == INT8 || this == INT4;
    }
}
