package io.github.unipic.conformance.golden;

import io.github.unipic.conformance.cases.Output;
import io.github.unipic.conformance.cases.Value;
import io.github.unipic.conformance.cases.Value.Values;
import io.github.unipic.conformance.compare.Floats;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.model.GraphName;
import io.github.unipic.runtime.Tensor;
import java.util.function.Consumer;

/** Takes the outputs of a golden case under the keys of its file. */
record GoldenOutputs(GoldenFile golden, Consumer<Output> outputs) {
    /** An output of one graph. */
    void graph(GraphName graph, String key, Tensor tensor) {
        graph(graph, key, flat(tensor.toFloats()));
    }

    void graph(GraphName graph, String key, Value value) {
        outputs.accept(new Output(Area.GRAPH, graph.label(), key, value));
    }

    /** Something on the way to a whole image. */
    void loop(String key, Tensor tensor) {
        loop(key, flat(tensor.toFloats()));
    }

    void loop(String key, Value value) {
        task(
                Area.LOOP,
                key,
                value instanceof Values values ? flat(values.floats().values()) : value);
    }

    void task(Area area, String key, Value value) {
        outputs.accept(new Output(area, task(golden), key, value));
    }

    /** The first word of the file's name: t2i, edit, understand, preprocess. */
    static String task(GoldenFile golden) {
        return golden.name().split("_")[0];
    }

    static Values flat(float[] values) {
        return new Values(new Floats(values, values.length));
    }
}
