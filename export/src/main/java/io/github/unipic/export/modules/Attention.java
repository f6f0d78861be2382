package io.github.unipic.export.modules;

import io.github.unipic.export.Flavor;
import io.github.unipic.export.onnx.Value;

/** Scaled dot-product attention in which every position attends to every other, for the vision transformers. */
record Attention(Flavor flavor, int heads) {

    /** @param queries [B,S,heads*d]; keys and values [B,L,heads*d] */
    Value apply(Value queries, Value keys, Value values) {
        return switch (flavor) {
            case PORTABLE -> queries.attention(keys, values, heads);
            case FUSED -> queries.multiHeadAttention(keys, values, heads);
        };
    }
}
