package io.github.unipic.export.modules;

import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;

/** What attention reads: keys and values, [B,L,dim] each. */
public record KeysAndValues(Value keys, Value values) {

    /** These rows, and then others. */
    KeysAndValues then(KeysAndValues more) {
        Graph graph = keys.graph();
        return new KeysAndValues(graph.concat(1, keys, more.keys), graph.concat(1, values, more.values));
    }

    /** @param indices int64 [B,U] of the rows to keep; there may be none, and no rows */
    KeysAndValues rows(Value indices) {
        return new KeysAndValues(rows(keys, indices), rows(values, indices));
    }

    /** From one list of all sequences' rows: without indices or rows, Gather is the operator that providers run. */
    private static Value rows(Value x, Value indices) {
        Graph graph = x.graph();
        Value first = graph.range(x.dim(0)).mul(x.dim(1)).unsqueeze(1);
        Value width = x.dim(2);
        return x.reshape(graph.concat(0, graph.int64(-1), width)).gather(0, indices.add(first));
    }

    /** Those of the first sequences, int64 [1]. */
    public KeysAndValues first(Value sequences) {
        Value start = keys.graph().int64(0);
        return new KeysAndValues(keys.slice(0, start, sequences), values.slice(0, start, sequences));
    }
}
