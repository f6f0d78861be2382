package io.github.unipic.runtime;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.unipic.InferenceException;
import io.github.unipic.runtime.SessionRunner.Location;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Moves tensors between the host and the device of an execution provider. Thread-safe. */
final class Copies implements AutoCloseable {
    private final SessionRunner runner;
    private final Supplier<OrtSession.SessionOptions> options;
    private final Map<OnnxJavaType, OrtSession> sessions = new EnumMap<>(OnnxJavaType.class);

    /** @param options makes options for sessions on the device; this closes them */
    Copies(SessionRunner runner, Supplier<OrtSession.SessionOptions> options) {
        this.runner = runner;
        this.options = options;
    }

    /** Copies a tensor. The caller owns the copy. */
    Tensor copy(Tensor tensor, Location location) {
        try (OrtSession.RunOptions runOptions = new OrtSession.RunOptions()) {
            OrtSession session = session(tensor.value().getInfo().type);
            return runner.run(
                            session,
                            Map.of(CopyGraph.INPUT, tensor),
                            Set.of(CopyGraph.OUTPUT),
                            runOptions,
                            location,
                            this::toHost)
                    .get(CopyGraph.OUTPUT);
        } catch (OrtException e) {
            throw new InferenceException(
                    "A tensor cannot be copied from or to the device: " + OnnxRuntime.reason(e) + OnnxRuntime.remedy(e)
                            + ".",
                    e);
        }
    }

    /** Copies a tensor to the host's memory. The caller owns the copy. */
    Tensor toHost(Tensor tensor) {
        return copy(tensor, Location.HOST);
    }

    private synchronized OrtSession session(OnnxJavaType type) throws OrtException {
        OrtSession known = sessions.get(type);
        if (known != null) {
            return known;
        }
        try (OrtSession.SessionOptions made = options.get()) {
            OrtSession session = OnnxRuntime.environment().createSession(CopyGraph.of(type), made);
            sessions.put(type, session);
            return session;
        }
    }

    @Override
    public synchronized void close() {
        sessions.values().forEach(GraphSession::free);
        sessions.clear();
    }
}
