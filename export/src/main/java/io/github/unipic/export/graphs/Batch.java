package io.github.unipic.export.graphs;

import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;

/** Repeats inside a graph what both halves of guidance share. */
final class Batch {
    private Batch() {}

    /** Repeats the rows of {@code x} [E,a,b] cyclically to {@code batch} (int64 [1]) rows; E divides it. */
    static Value tile(Value x, Value batch) {
        Graph graph = x.graph();
        Value repeats = batch.div(x.dim(0));
        return x.tile(graph.concat(0, repeats, graph.int64(1, 1)));
    }

    /** As {@link #tile}, for [E,a]. */
    static Value tileRows(Value x, Value batch) {
        Graph graph = x.graph();
        return x.tile(graph.concat(0, batch.div(x.dim(0)), graph.int64(1)));
    }
}
