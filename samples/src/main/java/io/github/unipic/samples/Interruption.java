package io.github.unipic.samples;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/**
 * Makes Ctrl-C (and a plain {@code kill}) a cancellation: the work is told to stop, and the process ends only when it
 * has freed what it holds and said so, or after a while if it does not.
 */
final class Interruption {
    private static final long PATIENCE_SECONDS = 15;

    private Interruption() {}

    /** Does the work and gives its result; while it runs, a request to end the process cancels it first. */
    static int guard(Session session, IntSupplier work) {
        CountDownLatch finished = new CountDownLatch(1);
        Thread hook = new Thread(() -> cancelAndAwait(session, finished), "unipic-interruption");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return work.getAsInt();
        } finally {
            finished.countDown();
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException alreadyShuttingDown) {
                // Interrupted: the virtual machine ends by itself, with the signal's exit code (130 for Ctrl-C).
            }
        }
    }

    private static void cancelAndAwait(Session session, CountDownLatch finished) {
        session.cancellation().cancel();
        try {
            if (!finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                session.err().println("unipic: cancelled");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
