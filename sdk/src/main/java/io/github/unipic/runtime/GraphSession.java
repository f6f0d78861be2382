package io.github.unipic.runtime;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.unipic.InferenceException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/** One graph's session: opened by the first who needs it, while others wait for that graph only. Thread-safe. */
final class GraphSession {
    private final Supplier<OrtSession> opener;
    private final boolean keep;
    private Optional<OrtSession> session = Optional.empty();
    private Optional<Path> trace = Optional.empty();
    private int holders;

    /**
     * @param opener fails as the opening does; the next who needs the graph tries again
     * @param keep whether it stays open when nobody holds it any more
     */
    GraphSession(Supplier<OrtSession> opener, boolean keep) {
        this.opener = opener;
        this.keep = keep;
    }

    synchronized void hold() {
        holders++;
    }

    synchronized void letGo() {
        holders--;
        if (holders == 0 && !keep) {
            close();
        }
    }

    synchronized OrtSession get() {
        if (session.isEmpty()) {
            session = Optional.of(opener.get());
        }
        return session.get();
    }

    synchronized boolean isOpen() {
        return session.isPresent();
    }

    /** Where the trace of the runs so far is, if it was open; runs after this are not in it. */
    synchronized Optional<Path> endProfiling() throws OrtException {
        if (session.isPresent() && trace.isEmpty()) {
            trace = Optional.of(Path.of(session.get().endProfiling()));
        }
        return trace;
    }

    synchronized void close() {
        session.ifPresent(GraphSession::free);
        session = Optional.empty();
    }

    static void free(OrtSession session) {
        try {
            session.close();
        } catch (OrtException e) {
            throw new InferenceException("A session cannot be closed: " + OnnxRuntime.reason(e) + ".", e);
        }
    }
}
