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
import io.github.unipic.InferenceException;
import io.github.unipic.ModelFormatException;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
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
    private boolean closed;

    public Graphs(ModelFolder folder, RuntimeOptions options) {
        this.folder = folder;
        this.options = options;
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
            throw new InferenceException("Graph " + graph.label() + " failed: " + firstLine(e) + ".", e);
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
            throw new InferenceException("Graph " + graph.label() + " cannot be read: " + firstLine(e) + ".", e);
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
        String file = folder.file(graph).toString();
        try (OrtSession.SessionOptions sessionOptions = new OrtSession.SessionOptions()) {
            if (options.threads().isPresent()) {
                sessionOptions.setIntraOpNumThreads(options.threads().getAsInt());
            }
            // What goes wrong comes as an exception; a cancelled run is nothing to write on the user's console.
            sessionOptions.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            // A picture goes through several sessions in turn: the threads of one must not spin while another works.
            sessionOptions.addConfigEntry("session.force_spinning_stop", "1");
            OrtSession session = OnnxRuntime.environment().createSession(file, sessionOptions);
            sessions.put(graph, session);
            return session;
        } catch (OrtException e) {
            throw new ModelFormatException(
                    "ONNX Runtime cannot load " + file + ": " + firstLine(e) + "; export the model again.", e);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        for (OrtSession session : sessions.values()) {
            try {
                session.close();
            } catch (OrtException e) {
                throw new InferenceException("A session cannot be closed: " + firstLine(e) + ".", e);
            }
        }
        sessions.clear();
    }

    private static String firstLine(OrtException e) {
        return e.getMessage().lines().findFirst().orElse("unknown reason");
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
                throw new InferenceException("A run cannot be stopped: " + firstLine(e) + ".", e);
            }
        }

        @Override
        public void close() {
            registration.close();
            options.close();
        }
    }
}
