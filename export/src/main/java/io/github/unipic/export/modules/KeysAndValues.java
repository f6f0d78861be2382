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

    /**
     * For {@link #rows}, of any keys and values of the same shape.
     *
     * @param rows int64 [B,U] of each sequence; there may be none, and L may be 0
     * @return int64 [B,U], the same rows in one list of those of all sequences
     */
    static Value indices(KeysAndValues of, Value rows) {
        Value keys = of.keys;
        return rows.add(keys.graph().range(keys.dim(0)).mul(keys.dim(1)).unsqueeze(1));
    }

    /** Some rows. Gather is known to run without any on CUDA, GatherND is not. */
    KeysAndValues rows(Value indices) {
        return new KeysAndValues(rows(keys, indices), rows(values, indices));
    }

    private static Value rows(Value x, Value indices) {
        Graph graph = x.graph();
        return x.reshape(graph.concat(0, graph.int64(-1), x.dim(2))).gather(0, indices);
    }

    /** Those of the first sequences, int64 [1]. */
    public KeysAndValues first(Value sequences) {
        Value start = keys.graph().int64(0);
        return new KeysAndValues(keys.slice(0, start, sequences), values.slice(0, start, sequences));
    }
}
