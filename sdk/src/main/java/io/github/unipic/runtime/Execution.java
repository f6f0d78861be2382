package io.github.unipic.runtime;

import ai.onnxruntime.OnnxJavaType;
import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.InferenceException;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Manifest;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** The graph runs of one request, all of which its {@link Cancellation} stops. Of one thread. */
public final class Execution {
    private final Engine engine;
    private final Cancellation cancellation;
    private final Thread thread = Thread.currentThread();

    /** @see Engine#execute */
    Execution(Engine engine, Cancellation cancellation) {
        this.engine = engine;
        this.cancellation = cancellation;
    }

    public Engine engine() {
        return engine;
    }

    public Manifest manifest() {
        return engine.manifest();
    }

    Cancellation cancellation() {
        return cancellation;
    }

    boolean isOfThisThread() {
        return thread == Thread.currentThread();
    }

    /** Does some work during which these graphs stay open; see {@link Graphs#withOpen}. */
    public <T> T withOpen(Set<GraphName> names, Supplier<T> work) {
        return engine.graphs().withOpen(names, cancellation, work);
    }

    /**
     * Runs a graph once.
     *
     * @param inputs stay the caller's
     * @param outputs the names wanted
     * @throws CancelledException when cancelled, also in the middle of the run
     * @throws InferenceException when ONNX Runtime fails
     */
    public Outputs run(GraphName graph, Map<String, Tensor> inputs, Set<String> outputs) {
        return engine.graphs().run(graph, inputs, outputs, cancellation);
    }

    /** As {@link #run(GraphName, Map, Set)}, for a single output, which is the caller's. */
    public Tensor run(GraphName graph, Map<String, Tensor> inputs, String output) {
        try (Outputs outputs = run(graph, inputs, Set.of(output))) {
            return outputs.take(output);
        }
    }

    /** A tensor without elements, at least one axis being 0, in the float type that a graph's input has. */
    public Tensor empty(GraphName graph, String input, long... shape) {
        OnnxJavaType type = engine.graphs().inputType(graph, input);
        return Tensor.empty(type, shape);
    }

    /** The same cache on the device of the provider, for many runs; to be closed too. */
    public KvCache onDevice(KvCache cache) {
        return engine.graphs().onDevice(cache);
    }
}
