package io.github.unipic.runtime;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.unipic.InferenceException;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** One graph's session. The first user opens it; others wait for this graph only. Thread-safe. */
final class GraphSession implements AutoCloseable {
    /** A session, and the weights that must live as long as it does. */
    record Opened(OrtSession session, Optional<Weights> weights) implements AutoCloseable {
        Opened {
            OPEN.incrementAndGet();
        }

        @Override
        public void close() {
            OPEN.decrementAndGet();
            try {
                free(session);
            } finally {
                weights.ifPresent(Weights::close);
            }
        }
    }

    private static final AtomicLong OPEN = new AtomicLong();

    private final Supplier<Opened> opener;
    private final boolean keep;
    private Optional<Opened> opened = Optional.empty();
    private Optional<Path> trace = Optional.empty();
    private int users;

    /**
     * @param opener opens the session; after a failure the next user tries again
     * @param keep whether it stays open after the last user has released it
     */
    GraphSession(Supplier<Opened> opener, boolean keep) {
        this.opener = opener;
        this.keep = keep;
    }

    /** The number of open sessions in this process. */
    static long open() {
        return OPEN.get();
    }

    synchronized void acquire() {
        users++;
    }

    synchronized void release() {
        users--;
        if (users == 0 && !keep) {
            close();
        }
    }

    synchronized OrtSession get() {
        if (opened.isEmpty()) {
            opened = Optional.of(opener.get());
        }
        return opened.get().session();
    }

    synchronized boolean isOpen() {
        return opened.isPresent();
    }

    /** Ends the trace of the runs so far and returns its file, if the session is open. */
    synchronized Optional<Path> endProfiling() throws OrtException {
        if (opened.isPresent() && trace.isEmpty()) {
            trace = Optional.of(Path.of(opened.get().session().endProfiling()));
        }
        return trace;
    }

    @Override
    public synchronized void close() {
        Optional<Opened> closing = opened;
        opened = Optional.empty();
        closing.ifPresent(Opened::close);
    }

    static void free(OrtSession session) {
        try {
            session.close();
        } catch (OrtException e) {
            throw new InferenceException("A session cannot be closed: " + OnnxRuntime.reason(e) + ".", e);
        }
    }
}
