package io.github.unipic.runtime;

import io.github.unipic.Cancellation;
import io.github.unipic.Cancellation.Registration;
import io.github.unipic.UniPicException;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.text.PromptTokenizer;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.LoggerFactory;

/**
 * An opened model: its folder, its tokenizer and its graphs, shared by every request. Each request in progress holds a
 * reference; once closed, an engine refuses new requests, and its native memory is freed when the last request has
 * released it. Thread-safe.
 */
public final class Engine implements AutoCloseable {
    /** A cancelled request ends after the current graph node. Only a listener can take longer than this. */
    private static final Duration CANCELLED_REQUESTS_END_WITHIN = Duration.ofSeconds(10);

    private final ModelFolder folder;
    private final Graphs graphs;
    private final PromptTokenizer tokenizer;
    private final Set<Execution> running = Collections.newSetFromMap(new IdentityHashMap<>());
    private boolean closed;
    private boolean freed;

    private Engine(ModelFolder folder, RuntimeOptions options, RunListener listener) {
        this.folder = folder;
        // Before the tokenizer, which owns native memory, because this fails if the provider is not available.
        graphs = new Graphs(folder, options, listener);
        try {
            tokenizer = PromptTokenizer.load(
                    folder.tokenizer(), folder.manifest().sizes().vocabulary());
        } catch (RuntimeException | Error e) {
            graphs.close();
            throw e;
        }
    }

    /**
     * Opens a model. Its graphs are opened when they are first needed, or now if the options read the weights into
     * memory and keep them.
     *
     * @throws UniPicException when the provider is not available, the tokenizer is damaged, or a graph does not open
     */
    public static Engine open(ModelFolder folder, RuntimeOptions options) {
        return open(folder, options, RunListener.NONE);
    }

    /**
     * As {@link #open(ModelFolder, RuntimeOptions)}.
     *
     * @param listener is notified of the time of each opening and run
     */
    public static Engine open(ModelFolder folder, RuntimeOptions options, RunListener listener) {
        return Failures.guard(() -> {
            Engine engine = new Engine(folder, options, listener);
            if (!options.memory().mapped() && options.memory().keepLoaded()) {
                try {
                    engine.graphs.openAll();
                } catch (RuntimeException | Error e) {
                    engine.close();
                    throw e;
                }
            }
            ShutdownHook.register(engine);
            return engine;
        });
    }

    public ModelFolder folder() {
        return folder;
    }

    public Manifest manifest() {
        return folder.manifest();
    }

    public Graphs graphs() {
        return graphs;
    }

    public PromptTokenizer tokenizer() {
        return tokenizer;
    }

    /**
     * Does the work of a request. The engine is not freed before it ends.
     *
     * @param cancellation the caller's switch; {@link #close(Duration)} and the end of the JVM cancel the request too
     * @throws IllegalStateException when this is closed
     * @throws UniPicException as the work does, and when memory is short or a native library fails
     */
    public <T> T execute(Optional<Cancellation> cancellation, Function<Execution, T> work) {
        Execution execution = new Execution(this, new Cancellation());
        acquire(execution);
        Registration linked = cancellation.orElseGet(Cancellation::new).onCancel(execution.cancellation()::cancel);
        try {
            return Failures.guard(() -> work.apply(execution));
        } finally {
            linked.close();
            release(execution);
        }
    }

    /** As {@link #execute(Optional, Function)}, without a switch. */
    public <T> T execute(Function<Execution, T> work) {
        return execute(Optional.empty(), work);
    }

    /** As {@link #execute(Optional, Function)}, without a result. */
    public void run(Cancellation cancellation, Consumer<Execution> work) {
        execute(Optional.of(cancellation), execution -> {
            work.accept(execution);
            return Boolean.TRUE;
        });
    }

    private synchronized void acquire(Execution execution) {
        if (closed) {
            throw new IllegalStateException("This UniPic is closed.");
        }
        running.add(execution);
    }

    private synchronized void release(Execution execution) {
        running.remove(execution);
        notifyAll();
        try {
            freeUnlessUsed();
        } catch (RuntimeException e) {
            // Whoever made the request gets its result, and whoever closed the model has gone.
            LoggerFactory.getLogger(Engine.class).warn("The model in {} is not freed whole", folder.path(), e);
        }
    }

    /**
     * Refuses new requests, waits until those in progress have ended, and frees the model. It does not wait in a thread
     * that runs a request itself, such as a listener's, or is interrupted: then the last request frees the model when
     * it ends. Nor does it wait for a request whose listener exits the JVM. Closing again does the same.
     */
    @Override
    public void close() {
        refuseNewRequests();
        awaitRequests(Duration.ofMillis(Long.MAX_VALUE));
        freeUnlessUsed();
    }

    /**
     * As {@link #close()}, but cancels the requests that are still in progress after the grace time, and waits at most
     * ten more seconds for them.
     */
    public void close(Duration grace) {
        close(grace, CANCELLED_REQUESTS_END_WITHIN);
    }

    /** @param cancelled how long to wait for requests that were cancelled */
    void close(Duration grace, Duration cancelled) {
        refuseNewRequests();
        awaitRequests(grace);
        cancelRequests();
        awaitRequests(cancelled);
        freeUnlessUsed();
    }

    /** Cancels the requests in progress. */
    void cancelRequests() {
        List<Execution> requests;
        synchronized (this) {
            requests = List.copyOf(running);
        }
        requests.forEach(execution -> execution.cancellation().cancel());
    }

    void awaitCancelledRequests() {
        awaitRequests(CANCELLED_REQUESTS_END_WITHIN);
    }

    synchronized void refuseNewRequests() {
        closed = true;
    }

    private synchronized void awaitRequests(Duration atMost) {
        long start = System.nanoTime();
        while (!running.stream().allMatch(Execution::isExiting)
                && running.stream().noneMatch(Execution::isOfThisThread)) {
            long left = atMost.toMillis() - (System.nanoTime() - start) / 1_000_000;
            if (left <= 0) {
                return;
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private synchronized void freeUnlessUsed() {
        if (closed && running.isEmpty() && !freed) {
            freed = true;
            ShutdownHook.unregister(this);
            Failures.guard(() -> Resources.close(graphs, tokenizer));
        }
    }
}
