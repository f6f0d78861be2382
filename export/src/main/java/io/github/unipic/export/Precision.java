package io.github.unipic.export;

import java.util.Locale;

/** How a graph's weights are stored, and what it computes in. */
public enum Precision {
    /** float32 throughout. */
    FP32("float32"),
    /** float16, with normalization statistics, softmax, rotary angles and the diffusion state in float32. */
    FP16("float16"),
    /** Weights stored as bfloat16 and cast to float32 when the graph is loaded; float32 otherwise. */
    BF16("bfloat16"),
    /**
     * Matrices in int8 with a scale for each output, their inputs quantized row by row; float32 otherwise. Embedding
     * and head in blocks of 8 bits.
     */
    INT8("int8"),
    /** Matrices in blocks of 4 bits (ONNX Runtime's MatMulNBits); float32 otherwise. */
    INT4("int4");

    private final String label;

    Precision(String label) {
        this.label = label;
    }

    /** The name that the manifest uses. */
    public String label() {
        return label;
    }

    /** The name that the command line uses. */
    public String option() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether a graph's tensors are float16; they are float32 otherwise. */
    public boolean computesInFloat16() {
        return this == FP16;
    }

    /** Whether matrices are quantized to integers. */
    public boolean isQuantized() {
        return this == INT8 || this == INT4;
    }
}
