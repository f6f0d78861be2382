package io.github.unipic.runtime;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.InferenceException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.ModelFormatException;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The graphs of a model folder as ONNX Runtime sessions. A session is opened when its graph is first run; its weights
 * are mapped from their files. Thread-safe; close it only when no run is under way.
 */
public final class Graphs implements AutoCloseable {
    private final ModelFolder folder;
    private final RuntimeOptions options;
    private final Map<GraphName, OrtSession> sessions = new EnumMap<>(GraphName.class);
    private final Map<GraphName, Path> traces = new EnumMap<>(GraphName.class);
    private boolean closed;

    /**
     * Checks the provider; graphs are opened later.
     *
     * @throws InvalidRequestException when the provider is unknown or not here, or an option of it is wrong
     * @throws InferenceException when the provider does not work on this machine
     */
    public Graphs(ModelFolder folder, RuntimeOptions options) {
        this.folder = folder;
        this.options = options;
        OnnxRuntime.environment();
        try (OrtSession.SessionOptions trial = new OrtSession.SessionOptions()) {
            Providers.addTo(trial, options.provider());
        }
    }

    public ModelFolder folder() {
        return folder;
    }

    /**
     * Runs a graph once.
     *
     * @param outputs the names wanted; the others are computed too, as ONNX Runtime's Java API cannot skip them, but do
     *     not outlive the run
     * @throws CancelledException when cancelled, also in the middle of the run
     * @throws InferenceException when ONNX Runtime fails
     */
    public Outputs run(GraphName graph, Map<String, Tensor> inputs, Set<String> outputs, Cancellation cancellation) {
        if (cancellation.isCancelled()) {
            throw new CancelledException("The request was cancelled.");
        }
        OrtSession session = session(graph);
        Map<String, OnnxTensor> values = new LinkedHashMap<>();
        inputs.forEach((name, tensor) -> values.put(name, tensor.value()));
        try (StoppableRun run = new StoppableRun(cancellation)) {
            Map<String, Tensor> results = new LinkedHashMap<>();
            // Its values are closed one by one, by whoever takes them; the Result itself holds nothing else.
            OrtSession.Result result = session.run(values, outputs, run.options());
            for (Map.Entry<String, OnnxValue> entry : result) {
                results.put(entry.getKey(), new Tensor((OnnxTensor) entry.getValue()));
            }
            return new Outputs(results);
        } catch (OrtException e) {
            if (cancellation.isCancelled()) {
                throw new CancelledException("The request was cancelled.", e);
            }
            throw new InferenceException("Graph " + graph.label() + " failed: " + OnnxRuntime.reason(e) + ".", e);
        }
    }

    /** Values in the float type that a graph's input has. */
    public Tensor tensor(GraphName graph, String input, float[] values, long... shape) {
        return Tensor.of(inputType(graph, input), values, shape);
    }

    /** The element type of a graph's input. */
    OnnxJavaType inputType(GraphName graph, String input) {
        try {
            NodeInfo info = session(graph).getInputInfo().get(input);
            return ((TensorInfo) info.getInfo()).type;
        } catch (OrtException e) {
            throw new InferenceException(
                    "Graph " + graph.label() + " cannot be read: " + OnnxRuntime.reason(e) + ".", e);
        }
    }

    private synchronized OrtSession session(GraphName graph) {
        if (closed) {
            throw new IllegalStateException("This UniPic is closed.");
        }
        OrtSession known = sessions.get(graph);
        if (known != null) {
            return known;
        }
        OrtSession session = open(graph);
        sessions.put(graph, session);
        return session;
    }

    private OrtSession open(GraphName graph) {
        String file = folder.file(graph).toString();
        try (OrtSession.SessionOptions sessionOptions = new OrtSession.SessionOptions()) {
            if (options.threads().isPresent()) {
                sessionOptions.setIntraOpNumThreads(options.threads().getAsInt());
            }
            // What goes wrong comes as an exception; a cancelled run is nothing to write on the user's console.
            sessionOptions.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            // A picture goes through several sessions in turn: the threads of one must not spin while another works.
            sessionOptions.addConfigEntry("session.force_spinning_stop", "1");
            if (options.profileFolder().isPresent()) {
                sessionOptions.enableProfiling(
                        options.profileFolder().get().resolve(graph.label()).toString());
            }
            Providers.addTo(
                    sessionOptions, Providers.forGraph(options.provider(), folder.manifest(), folder.spec(graph)));
            return OnnxRuntime.environment().createSession(file, sessionOptions);
        } catch (OrtException e) {
            String what = "ONNX Runtime cannot load " + file;
            if (options.provider().equals(ExecutionProvider.CPU)) {
                throw new ModelFormatException(what + ": " + OnnxRuntime.reason(e) + "; export the model again.", e);
            }
            throw new InferenceException(
                    what + " with the execution provider " + options.provider() + ": " + OnnxRuntime.reason(e)
                            + "; use cpu to see whether the file is good.",
                    e);
        }
    }

    /**
     * Ends the traces of the graphs run so far, one JSON file each in the form of Chrome's tracing, and says where they
     * are. Runs after this are not in them. Not while a run is under way.
     *
     * @throws IllegalStateException when no traces were asked for, or this is closed
     */
    public synchronized Map<GraphName, Path> endProfiling() {
        if (closed || options.profileFolder().isEmpty()) {
            throw new IllegalStateException(
                    closed ? "This UniPic is closed." : "No profile was asked for: give RuntimeOptions a folder.");
        }
        for (Map.Entry<GraphName, OrtSession> entry : sessions.entrySet()) {
            try {
                if (!traces.containsKey(entry.getKey())) {
                    traces.put(entry.getKey(), Path.of(entry.getValue().endProfiling()));
                }
            } catch (OrtException e) {
                throw new InferenceException(
                        "The profile of graph " + entry.getKey().label() + " cannot be written: "
                                + OnnxRuntime.reason(e) + ".",
                        e);
            }
        }
        return Map.copyOf(traces);
    }

    @Override
    public synchronized void close() {
        closed = true;
        for (OrtSession session : sessions.values()) {
            try {
                session.close();
            } catch (OrtException e) {
                throw new InferenceException("A session cannot be closed: " + OnnxRuntime.reason(e) + ".", e);
            }
        }
        sessions.clear();
    }

    /** Run options that a cancellation reaches while the run is under way. */
    private static final class StoppableRun implements AutoCloseable {
        private final OrtSession.RunOptions options;
        private final Cancellation.Registration registration;

        StoppableRun(Cancellation cancellation) throws OrtException {
            options = new OrtSession.RunOptions();
            options.setLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            registration = cancellation.onCancel(this::stop);
        }

        OrtSession.RunOptions options() {
            return options;
        }

        private void stop() {
            try {
                options.setTerminate(true);
            } catch (OrtException e) {
                throw new InferenceException("A run cannot be stopped: " + OnnxRuntime.reason(e) + ".", e);
            }
        }

        @Override
        public void close() {
            registration.close();
            options.close();
        }
    }
}
