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
        Runtime.getRuntime().addShutdownHook(new Thread(ShutdownHook::cancelAll, "unipic-shutdown"));
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

    private static void cancelAll() {
        Set<Engine> open;
        synchronized (ENGINES) {
            open = Set.copyOf(ENGINES);
        }
        open.forEach(Engine::refuseNewRequests);
        open.forEach(Engine::cancelRequests);
        open.forEach(Engine::awaitCancelledRequests);
    }
}
