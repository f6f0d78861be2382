package io.github.unipic.export;

import java.util.Locale;

/** Which operators the graphs may use. Results differ by rounding only. */
public enum Flavor {
    /** Those of the ONNX standard, which any provider can run. */
    PORTABLE,

    /** Also ONNX Runtime's own, where they measured faster (docs/benchmarks.md, "Fused flavour"). */
    FUSED;

    /** The name that the manifest uses. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
