package io.github.unipic.runtime;

import ai.onnxruntime.OnnxJavaType;
import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.InferenceException;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Manifest;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Runs graphs for one request, until its {@link Cancellation} stops it. For one thread. */
public final class Execution {
    private final Engine engine;
    private final Cancellation cancellation;
    private final Thread thread = Thread.currentThread();
    private boolean keepsMemory;

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

    /** Whether its listener has called {@link System#exit}, which waits for the exit hooks and never returns. */
    boolean isExiting() {
        return Arrays.stream(thread.getStackTrace())
                .anyMatch(frame -> frame.getClassName().equals(Runtime.class.getName())
                        && frame.getMethodName().equals("exit"));
    }

    /** Does some work while these graphs stay open; see {@link Graphs#withOpen}. */
    public <T> T withOpen(Set<GraphName> names, Supplier<T> work) {
        return engine.graphs().withOpen(names, cancellation, work);
    }

    /**
     * Says whether the next runs keep the memory of a device that they needed, for later ones of the same graphs. At
     * first they return it. The last run of a graph should do so, since nothing else does while the graph is open.
     */
    public void keepMemory(boolean keep) {
        keepsMemory = keep;
    }

    public boolean keepsMemory() {
        return keepsMemory;
    }

    /**
     * Runs a graph once.
     *
     * @param inputs the caller still owns them
     * @param outputs names of the outputs to return
     * @throws CancelledException when cancelled, also in the middle of the run
     * @throws InferenceException when ONNX Runtime fails
     */
    public Outputs run(GraphName graph, Map<String, Tensor> inputs, Set<String> outputs) {
        return engine.graphs().run(graph, inputs, outputs, keepsMemory, cancellation);
    }

    /** As {@link #run(GraphName, Map, Set)}, for a single output, which the caller owns. */
    public Tensor run(GraphName graph, Map<String, Tensor> inputs, String output) {
        try (Outputs outputs = run(graph, inputs, Set.of(output))) {
            return outputs.take(output);
        }
    }

    /** A tensor without elements (at least one axis is 0) in the float type of a graph's input. */
    public Tensor empty(GraphName graph, String input, long... shape) {
        OnnxJavaType type = engine.graphs().inputType(graph, input);
        return Tensor.empty(type, shape);
    }

    /** Copies a cache to the provider's device, for many runs. The caller closes the copy. */
    public KvCache onDevice(KvCache cache) {
        return engine.graphs().onDevice(cache);
    }
}
