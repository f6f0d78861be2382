package io.github.unipic.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
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
    private static final long ONE_EVENT_NANOS = 1_000_000_000;

    private Interruption() {}

    /** Runs the work. A signal cancels it; a second signal, or a timeout, ends the process. */
    static int guard(Session session, IntSupplier work) {
        Runnable cancel = () -> {
            Thread timer = new Thread(() -> endAfterPatience(session), "unipic-interruption");
            timer.setDaemon(true);
            timer.start();
            session.cancellation().cancel();
        };
        Runnable onSignal = gently(cancel, () -> end(session), System::nanoTime);
        SIGNALS.forEach(signal -> Signals.register(signal, onSignal));
        return work.getAsInt();
    }

    /**
     * What a signal does: one thing the first time, another later. One event may send several signals, which count as
     * one: a terminal that is closed does, and {@code timeout}, to its child and to the process group.
     *
     * @param clock nanoseconds
     */
    static Runnable gently(Runnable first, Runnable later, LongSupplier clock) {
        AtomicReference<Optional<Long>> begun = new AtomicReference<>(Optional.empty());
        return () -> {
            long now = clock.getAsLong();
            Optional<Long> before = begun.getAndUpdate(time -> time.isPresent() ? time : Optional.of(now));
            if (before.isEmpty()) {
                first.run();
            } else if (now - before.get() > ONE_EVENT_NANOS) {
                later.run();
            }
        };
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
