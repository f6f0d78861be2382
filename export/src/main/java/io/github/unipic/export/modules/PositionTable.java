package io.github.unipic.export.modules;

import io.github.unipic.export.modules.Architecture.Mar;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;

/**
 * A learned position table, for some buffer tokens and a square training grid. The grid part is resized bilinearly to
 * the grid in use; the buffers' part is kept.
 *
 * @param buffers how many rows of the table stand before the grid's
 */
record PositionTable(Weights weights, String name, Mar mar, int buffers) {

    /** Positions of the buffer tokens, [1,buffers,dim]. */
    Value buffer(Graph graph) {
        return table(graph).slice(1, 0, buffers);
    }

    /** Positions of the whole grid, [h*w,dim]; {@code grid} is int64 [2]: h, w. */
    Value grid(Value grid) {
        Graph graph = grid.graph();
        int side = mar.gridSide();
        Value image = table(graph)
                .slice(1, buffers, buffers + (long) side * side)
                .reshape(1, side, side, mar.dim())
                .transpose(0, 3, 1, 2);
        return image.resizeBilinear(graph.concat(0, graph.int64(1, mar.dim()), grid))
                .transpose(0, 2, 3, 1)
                .reshape(-1, mar.dim());
    }

    private Value table(Graph graph) {
        return weights.tensor(graph, name, 1, buffers + (long) mar.gridSide() * mar.gridSide(), mar.dim());
    }
}
