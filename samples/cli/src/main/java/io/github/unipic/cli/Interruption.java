package io.github.unipic.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntSupplier;
import org.jline.utils.Signals;

/**
 * Turns Ctrl-C (and a plain {@code kill}) into a cancellation: the work stops and releases its resources, and the
 * process ends in the usual way.
 *
 * <p>This uses a signal handler and no shutdown hook. Hooks run concurrently, and ONNX Runtime's own hook closes its
 * environment, which crashes the process while a graph still runs.
 */
final class Interruption {
    private static final List<String> SIGNALS = List.of("INT", "TERM", "HUP");
    private static final long PATIENCE_MILLIS = 15_000;

    private Interruption() {}

    /** Runs the work. A signal cancels it; a second signal, or a timeout, ends the process. */
    static int guard(Session session, IntSupplier work) {
        AtomicBoolean interrupted = new AtomicBoolean();
        Runnable onSignal = () -> {
            if (interrupted.getAndSet(true)) {
                end(session);
            }
            Thread timer = new Thread(() -> endAfterPatience(session), "unipic-interruption");
            timer.setDaemon(true);
            timer.start();
            session.cancellation().cancel();
        };
        SIGNALS.forEach(signal -> Signals.register(signal, onSignal));
        return work.getAsInt();
    }

    /** Runs the work. Meanwhile Ctrl-C runs the action and cancels nothing. The other signals still cancel. */
    static void redirectingCtrlC(Runnable action, Runnable work) {
        Object before = Signals.register("INT", action);
        try {
            work.run();
        } finally {
            Signals.unregister("INT", before);
        }
    }

    /** Runs the work. Meanwhile every signal runs the action and cancels nothing. */
    static void redirecting(Runnable action, Runnable work) {
        Map<String, Object> before = new HashMap<>();
        SIGNALS.forEach(signal -> before.put(signal, Signals.register(signal, action)));
        try {
            work.run();
        } finally {
            before.forEach(Signals::unregister);
        }
    }

    private static void endAfterPatience(Session session) {
        try {
            Thread.sleep(PATIENCE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        end(session);
    }

    /** Ends the process immediately and frees nothing. */
    static void end(Session session) {
        session.err().println("unipic: cancelled");
        Runtime.getRuntime().halt(UniPicCommand.CANCELLED);
    }
}
