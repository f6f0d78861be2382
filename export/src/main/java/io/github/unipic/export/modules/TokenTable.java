package io.github.unipic.export.modules;

import io.github.unipic.export.onnx.ElementType;
import io.github.unipic.export.onnx.Value;

/**
 * One row [width] for each token of the vocabulary: looked up as the embedding, or multiplied by as the head. A
 * quantized table has the same blocks for both, so that a tied table is stored once. A width that is no multiple of a
 * block stays float.
 *
 * @param name of the tensor [vocabulary,width]
 */
public record TokenTable(Weights weights, String name, int vocabulary, int width) {

    /** ids int64 [...] to embeddings [...,width]. */
    public Value embed(Value ids) {
        if (!isQuantized()) {
            return weights.tensor(ids.graph(), name, vocabulary, width).gather(0, ids);
        }
        return ids.gatherBlocks(weights.table(ids.graph(), name, vocabulary, width));
    }

    /** hidden [B,width] to logits float32 [B,vocabulary]. */
    public Value logits(Value hidden) {
        if (!isQuantized()) {
            Value table = weights.tensor(hidden.graph(), name, vocabulary, width);
            return hidden.matMulTransposed(table).cast(ElementType.FLOAT32);
        }
        return hidden.matMulBlocks(weights.blocks(hidden.graph(), name, vocabulary, width), width, vocabulary);
    }

    private boolean isQuantized() {
        return weights.precision().isQuantized()
                && width % weights.quantizer(width).size() == 0;
    }
}
