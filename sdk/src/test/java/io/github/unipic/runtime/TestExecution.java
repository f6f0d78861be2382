package io.github.unipic.runtime;

import io.github.unipic.Cancellation;

/** Executions for tests, which take the lifetime of their engine into their own hands. */
public final class TestExecution {
    private TestExecution() {}

    /** An execution that is never cancelled. */
    public static Execution of(Engine engine) {
        return of(engine, new Cancellation());
    }

    /** An execution that a test may cancel. */
    public static Execution of(Engine engine, Cancellation cancellation) {
        return new Execution(engine, cancellation);
    }
}
