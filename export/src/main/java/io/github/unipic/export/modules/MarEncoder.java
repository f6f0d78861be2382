package io.github.unipic.export.modules;

import io.github.unipic.export.modules.Architecture.Mar;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;

/** MAR's encoder (arXiv 2406.11838): a bidirectional transformer over the buffer tokens and the known tokens only. */
public record MarEncoder(Weights weights, Mar mar) {

    /**
     * @param tokens [B,V,channels], the known ones by ascending position
     * @param positions int64 [B,V]
     * @param grid int64 [2]: h, w
     * @return [B,buffers+V,dim], buffers first
     */
    public Value apply(Value tokens, Value positions, Value grid) {
        Graph graph = tokens.graph();
        PositionTable table = new PositionTable(weights, "encoder_pos_embed_learned", mar, mar.buffers());
        Value known = new Linear(weights.at("z_proj"), mar.channels(), mar.dim())
                .apply(tokens)
                .add(table.grid(grid).gather(0, positions));
        Value buffers = weights.tensor(graph, "fake_latent", 1, mar.dim())
                .add(table.buffer(graph))
                .expand(graph.concat(0, tokens.dim(0), graph.int64(mar.buffers(), mar.dim())));
        Value x = new LayerNorm(weights.at("z_proj_ln"), mar.dim(), VitBlock.EPSILON)
                .apply(graph.concat(1, buffers, known));
        for (int i = 0; i < mar.encoderBlocks(); i++) {
            x = new VitBlock(weights.at("encoder_blocks", i), mar.dim(), mar.heads()).apply(x);
        }
        return new LayerNorm(weights.at("encoder_norm"), mar.dim(), VitBlock.EPSILON).apply(x);
    }
}
