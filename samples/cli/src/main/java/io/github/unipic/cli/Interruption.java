package io.github.unipic.cli;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntSupplier;
import org.jline.utils.Signals;

/**
 * Makes Ctrl-C (and a plain {@code kill}) a cancellation: the work is told to stop, frees what it holds, says so, and
 * ends the process as it always does.
 *
 * <p>By a signal handler rather than a shutdown hook: hooks run side by side, and ONNX Runtime's own closes its
 * environment, which crashes the process while a graph still runs.
 */
final class Interruption {
    private static final List<String> SIGNALS = List.of("INT", "TERM", "HUP");
    private static final long PATIENCE_MILLIS = 15_000;

    private Interruption() {}

    /** Does the work and gives its result; a signal cancels it, and a second one, or long waiting, ends the process. */
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

    /** Does the work; meanwhile Ctrl-C does the action in place of cancelling all. The other signals still cancel. */
    static void redirectingCtrlC(Runnable action, Runnable work) {
        Object before = Signals.register("INT", action);
        try {
            work.run();
        } finally {
            Signals.unregister("INT", before);
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

    /** Ends the process now, without freeing anything. */
    static void end(Session session) {
        session.err().println("unipic: cancelled");
        Runtime.getRuntime().halt(UniPicCommand.CANCELLED);
    }
}
