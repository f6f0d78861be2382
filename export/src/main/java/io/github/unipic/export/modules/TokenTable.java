package io.github.unipic.export.modules;

import io.github.unipic.export.Precision;
import io.github.unipic.export.onnx.BlockQuantizer;
import io.github.unipic.export.onnx.ElementType;
import io.github.unipic.export.onnx.Value;

/**
 * One row [width] for each token of the vocabulary: looked up as embedding, or multiplied with as the head. Quantized
 * it lies in the same blocks for both, so that a tied table is stored once; a width that is not whole blocks stays
 * float.
 *
 * @param name of the tensor [vocabulary,width]
 */
public record TokenTable(Weights weights, String name, int vocabulary, int width) {

    /** ids int64 [...] to embeddings [...,width]. */
    public Value embed(Value ids) {
        if (!isQuantized()) {
            return weights.tensor(ids.graph(), name, vocabulary, width).gather(0, ids);
        }
        BlockQuantizer blocks = blocks();
        Value rows = weights.encodedRows(ids.graph(), blocks.values(), name, vocabulary, width);
        return rows.gatherBlocks(
                ids, weights.encoded(ids.graph(), blocks.scales(), name, vocabulary, width), blocks.bits());
    }

    /** hidden [B,width] to logits float32 [B,vocabulary]. */
    public Value logits(Value hidden) {
        if (!isQuantized()) {
            Value table = weights.tensor(hidden.graph(), name, vocabulary, width);
            return hidden.matMulTransposed(table).cast(ElementType.FLOAT32);
        }
        BlockQuantizer blocks = blocks();
        Value values = weights.encoded(hidden.graph(), blocks.values(), name, vocabulary, width);
        Value scales = weights.encoded(hidden.graph(), blocks.scales(), name, vocabulary, width);
        return hidden.matMulBlocks(values, scales, blocks.bits(), width, vocabulary);
    }

    private boolean isQuantized() {
        return weights.precision().isQuantized() && width % BlockQuantizer.BLOCK == 0;
    }

    private BlockQuantizer blocks() {
        return new BlockQuantizer(weights.precision() == Precision.INT4 ? 4 : 8);
    }
}
