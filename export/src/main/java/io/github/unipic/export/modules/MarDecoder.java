package io.github.unipic.export.modules;

import io.github.unipic.export.modules.Architecture.Mar;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** MAR's decoder: a bidirectional transformer over all positions that gives the diffusion head's conditions. */
public record MarDecoder(Weights weights, Mar mar) {

    /**
     * @param conditions [B,M,dim]
     * @param present for each block the keys and values of the places that were computed
     */
    public record Cached(Value conditions, List<KeysAndValues> present) {}

    /** The decoder's input projection, [.., dim] to [.., dim]. */
    public Value embed(Value x) {
        return new Linear(weights.at("decoder_embed"), mar.dim(), mar.dim()).apply(x);
    }

    /**
     * @param known [B,buffers+V,dim]: what the encoder and the language model say of the buffers and the known tokens
     * @param positions int64 [B,V] of the known tokens
     * @param canvas [B,C,dim]: embedded tokens for the first C of the buffers + h*w places; the others are mask tokens
     * @param predict int64 [B,M]: the positions asked for
     * @param grid int64 [2]: h, w
     * @return conditions [B,M,dim]
     */
    public Value apply(Value known, Value positions, Value canvas, Value predict, Value grid) {
        Value x = input(known, positions, canvas, grid);
        int last = mar.decoderBlocks() - 1;
        for (int i = 0; i < last; i++) {
            x = block(i).apply(x);
        }
        Value places = predict.add(mar.buffers());
        Value asked = block(last).apply(x, all -> all.gatherRows(places), UnaryOperator.identity());
        return conditions(asked, predict, grid);
    }

    /**
     * As {@link #apply}, but only some places are computed; the others' keys and values are those of an earlier run.
     *
     * @param refresh int64 [B,K]: the places to compute besides those asked for; a position's place is the buffers more
     * @param reuse int64 [B,U]: the rows of {@code past} to use
     * @param past for each block [B,N,dim], N may be 0
     * @return also for each block the keys and values [B,K+M,dim] of the places in {@code refresh}, then of those asked
     *     for
     */
    public Cached applyCached(
            Value known,
            Value positions,
            Value canvas,
            Value refresh,
            Value predict,
            Value grid,
            Value reuse,
            List<KeysAndValues> past) {
        Value places = known.graph().concat(1, refresh, predict.add(mar.buffers()));
        Value x = input(known, positions, canvas, grid).gatherRows(places);
        Value asked = predict.dim(1).negate();
        Value rows = KeysAndValues.indices(past.get(0), reuse);
        List<KeysAndValues> present = new ArrayList<>();
        int last = mar.decoderBlocks() - 1;
        for (int i = 0; i <= last; i++) {
            KeysAndValues before = past.get(i).rows(rows);
            UnaryOperator<Value> wanted = i < last ? UnaryOperator.identity() : all -> all.sliceFrom(1, asked);
            x = block(i).apply(x, wanted, computed -> {
                present.add(computed);
                return before.then(computed);
            });
        }
        return new Cached(conditions(x, predict, grid), present);
    }

    /** Every place's input, [B,buffers+h*w,dim]. */
    private Value input(Value known, Value positions, Value canvas, Value grid) {
        Graph graph = known.graph();
        PositionTable table = new PositionTable(weights, "decoder_pos_embed_learned", mar, mar.buffers());
        Value allPositions =
                graph.concat(1, table.buffer(graph), table.grid(grid).unsqueeze(0));
        return graph.scope("canvas", () -> fill(canvas, embed(known), positions, grid))
                .add(allPositions);
    }

    /** Conditions of the last block's results [B,M,dim]. */
    private Value conditions(Value asked, Value predict, Value grid) {
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
