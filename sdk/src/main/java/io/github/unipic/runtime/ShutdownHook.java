package io.github.unipic.runtime;

import java.util.HashSet;
import java.util.Set;

/**
 * Ends the requests in progress when the JVM exits: native code that still runs when ONNX Runtime is torn down crashes
 * the process.
 */
final class ShutdownHook {
    private static final Set<Engine> ENGINES = new HashSet<>();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(open()), "unipic-shutdown"));
    }

    private ShutdownHook() {}

    static void register(Engine engine) {
        synchronized (ENGINES) {
            ENGINES.add(engine);
        }
    }

    static void unregister(Engine engine) {
        synchronized (ENGINES) {
            ENGINES.remove(engine);
        }
    }

    /** Those that are not freed. */
    static Set<Engine> open() {
        synchronized (ENGINES) {
            return Set.copyOf(ENGINES);
        }
    }

    /** Cancels the requests of all engines before it waits for any. */
    static void end(Set<Engine> engines) {
        engines.forEach(Engine::refuseNewRequests);
        engines.forEach(Engine::cancelRequests);
        engines.forEach(Engine::awaitCancelledRequests);
    }
}
