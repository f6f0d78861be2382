package io.github.unipic.runtime;

import io.github.unipic.model.GraphName;

/** Is notified of the time that graphs take, on the thread that opens or runs them. For measurements. */
public interface RunListener {
    RunListener NONE = new RunListener() {};

    /** A graph's session was just opened. Others may be opened at the same time. */
    default void onOpen(GraphName graph, long nanos) {}

    /** A graph was run once. */
    default void onRun(GraphName graph, long nanos) {}
}
