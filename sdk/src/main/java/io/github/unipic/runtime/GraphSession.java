package io.github.unipic.runtime;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.unipic.InferenceException;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** One graph's session: opened by the first who needs it, while others wait for that graph only. Thread-safe. */
final class GraphSession implements AutoCloseable {
    /** A session, and what must be there as long as it is. */
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
     * @param opener fails as the opening does; the next who needs the graph tries again
     * @param keep whether it stays open when no one uses it any more
     */
    GraphSession(Supplier<Opened> opener, boolean keep) {
        this.opener = opener;
        this.keep = keep;
    }

    /** Sessions of this process that are not closed yet. */
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

    /** Where the trace of the runs so far is, if it was open; runs after this are not in it. */
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
