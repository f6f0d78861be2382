package io.github.unipic.export;

import io.github.unipic.export.onnx.Value;

/** Which operators the graphs may use. Results differ by rounding only. */
public enum Flavor {
    /** Those of the ONNX standard, which any provider can run. */
    PORTABLE {
        @Override
        public Value attention(Value queries, Value keys, Value values, int heads) {
            return queries.attention(keys, values, heads);
        }
    },

    /** ONNX Runtime's own, too, where they measured faster (docs/benchmarks.md, "Fused flavour"). */
    FUSED {
        @Override
        public Value attention(Value queries, Value keys, Value values, int heads) {
            return queries.multiHeadAttention(keys, values, heads);
        }
    };

    /**
     * Scaled dot-product attention in which every position sees every other, for the vision transformers.
     *
     * @param queries [B,S,heads*d]; keys and values [B,L,heads*d]
     */
    public abstract Value attention(Value queries, Value keys, Value values, int heads);
}
