package io.github.unipic.export;

import java.util.Locale;

/** The operators that graphs may use. Results differ only by rounding. */
public enum Flavor {
    /** Standard ONNX operators only, which any provider can run. */
    PORTABLE,

    /** ONNX Runtime's own too, where they were measured to be faster (docs/benchmarks.md, "Fused flavor"). */
    FUSED;

    /**
     * The name in manifests.
     *
     * @return {@code portable} or {@code fused}
     */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
