package io.github.unipic.runtime;

import io.github.unipic.model.GraphName;

/** Hears what graphs take, on the thread that uses them: for measuring. */
public interface RunListener {
    RunListener NONE = new RunListener() {};

    /** A graph's session was opened. */
    default void onOpen(GraphName graph, long nanos) {}

    /** A graph was run once. */
    default void onRun(GraphName graph, long nanos) {}
}
