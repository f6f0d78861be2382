package io.github.unipic.runtime;

import io.github.unipic.model.GraphName;

/** Hears what graphs take, on the thread that opens or runs them: for measuring. */
public interface RunListener {
    RunListener NONE = new RunListener() {};

    /** A graph's session was opened, just now; others may be opened at the same time. */
    default void onOpen(GraphName graph, long nanos) {}

    /** A graph was run once. */
    default void onRun(GraphName graph, long nanos) {}
}
