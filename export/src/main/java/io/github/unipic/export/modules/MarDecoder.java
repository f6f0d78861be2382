package io.github.unipic.export.modules;

import io.github.unipic.export.modules.Architecture.Mar;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;

/** MAR's decoder: a bidirectional transformer over all positions that gives the diffusion head's conditions. */
public record MarDecoder(Weights weights, Mar mar) {

    /** The decoder's input projection, [.., dim] to [.., dim]. */
    public Value embed(Value x) {
        return new Linear(weights.at("decoder_embed"), mar.dim(), mar.dim()).apply(x);
    }

    /**
     * @param known [B,buffers+V,dim]: what the encoder and the language model say of the buffers and the known tokens
     * @param positions int64 [B,V] of the known tokens
     * @param canvas [B,C,dim]: embedded tokens for the first C of the buffers + h*w positions; the others are mask
     *     tokens
     * @param predict int64 [B,M]: the positions asked for
     * @param grid int64 [2]: h, w
     * @return conditions [B,M,dim]
     */
    public Value apply(Value known, Value positions, Value canvas, Value predict, Value grid) {
        Graph graph = known.graph();
        PositionTable table = new PositionTable(weights, "decoder_pos_embed_learned", mar, mar.buffers());
        Value allPositions =
                graph.concat(1, table.buffer(graph), table.grid(grid).unsqueeze(0));
        Value x = graph.scope("canvas", () -> fill(canvas, embed(known), positions, grid))
                .add(allPositions);
        int last = mar.decoderBlocks() - 1;
        for (int i = 0; i < last; i++) {
            x = block(i).apply(x);
        }
        Value places = predict.add(mar.buffers());
        Value asked = block(last).apply(x, all -> all.gatherRows(places));
        Value positionsAsked = new PositionTable(weights, "diffusion_pos_embed_learned", mar, 0)
                .grid(grid)
                .gather(0, predict);
        return new LayerNorm(weights.at("decoder_norm"), mar.dim(), VitBlock.EPSILON)
                .apply(asked)
                .add(positionsAsked);
    }

    private VitBlock block(int index) {
        return new VitBlock(weights.at("decoder_blocks", index), mar.dim(), mar.heads());
    }

    /** The canvas, completed with mask tokens to [B,buffers+h*w,dim], with the known tokens at their positions. */
    private Value fill(Value canvas, Value known, Value positions, Value grid) {
        Graph graph = known.graph();
        Value batch = known.dim(0);
        Value places = grid.slice(0, 0, 1).mul(grid.slice(0, 1, 2)).add(mar.buffers());
        Value masked = weights.tensor(graph, "mask_token", 1, 1, mar.dim())
                .expand(graph.concat(0, batch, places.sub(canvas.dim(1)), graph.int64(mar.dim())));
        Value bufferPlaces = graph.range(graph.int64(mar.buffers()))
                .unsqueeze(0)
                .expand(graph.concat(0, batch, graph.int64(mar.buffers())));
        Value columns = graph.concat(1, bufferPlaces, positions.add(mar.buffers()));
        Value rows = graph.range(batch).unsqueeze(1).expand(columns.shape());
        Value coordinates = graph.concat(2, rows.unsqueeze(2), columns.unsqueeze(2));
        return graph.concat(1, canvas, masked).scatter(coordinates, known);
    }
}
