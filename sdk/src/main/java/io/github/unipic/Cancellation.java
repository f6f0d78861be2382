package io.github.unipic;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A switch that stops the requests it was given to: they end with a {@link CancelledException} within one iteration. It
 * goes one way only. Thread-safe; one object may serve several requests.
 */
public final class Cancellation {
    private final Set<Registration> registrations = new LinkedHashSet<>();
    private boolean cancelled;

    /** Creates one that is not cancelled. */
    public Cancellation() {}

    /**
     * Cancels, and runs the registered actions on this thread, each once. Further calls do nothing.
     *
     * @throws RuntimeException what the first failing action threw, after all have run; further ones are suppressed
     */
    public void cancel() {
        List<Registration> pending;
        synchronized (this) {
            cancelled = true;
            pending = new ArrayList<>(registrations);
            registrations.clear();
        }
        RuntimeException failure = null;
        for (Registration registration : pending) {
            try {
                registration.run();
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /**
     * Tells whether {@link #cancel} was called.
     *
     * @return true from the moment of the first call on
     */
    public synchronized boolean isCancelled() {
        return cancelled;
    }

    /**
     * Registers what to do on {@link #cancel}; when that has happened already, does it at once, on this thread.
     *
     * @param action short and not blocking; it runs at most once
     * @return closes to take the action back
     */
    public Registration onCancel(Runnable action) {
        Registration registration = new Registration(this, action);
        synchronized (this) {
            if (!cancelled) {
                registrations.add(registration);
                return registration;
            }
        }
        registration.run();
        return registration;
    }

    private synchronized void remove(Registration registration) {
        registrations.remove(registration);
    }

    /** One registered action. */
    public static final class Registration implements AutoCloseable {
        private final Cancellation owner;
        private final Runnable action;
        private boolean done;

        private Registration(Cancellation owner, Runnable action) {
            this.owner = owner;
            this.action = Objects.requireNonNull(action, "action");
        }

        // The monitor is held while the action runs: close() must not return before it ends, as what the action
        // touches (a native handle, say) is usually freed right after.
        private synchronized void run() {
            if (!done) {
                done = true;
                action.run();
            }
        }

        /**
         * Takes the action back. When this returns, the action is not running and will not run; only when called from
         * within the action itself does it return before the action's end. Closing twice does nothing.
         */
        @Override
        public void close() {
            owner.remove(this);
            synchronized (this) {
                done = true;
            }
        }
    }
}
