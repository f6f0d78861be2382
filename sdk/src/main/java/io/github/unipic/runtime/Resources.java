package io.github.unipic.runtime;

import java.util.Arrays;
import java.util.Collection;

/** Closes several resources, even if some fail to close. */
public final class Resources {
    private Resources() {}

    /**
     * Closes all of these, in order.
     *
     * @throws RuntimeException the first failure, after all were closed; further failures are suppressed
     */
    public static void close(Collection<? extends AutoCloseable> resources) {
        RuntimeException failure = null;
        for (AutoCloseable resource : resources) {
            try {
                resource.close();
            } catch (Exception e) {
                RuntimeException unchecked = e instanceof RuntimeException known ? known : new IllegalStateException(e);
                if (failure == null) {
                    failure = unchecked;
                } else {
                    failure.addSuppressed(unchecked);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** As {@link #close(Collection)}. */
    public static void close(AutoCloseable... resources) {
        close(Arrays.asList(resources));
    }
}
