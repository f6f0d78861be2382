package io.github.unipic.libraries;

import java.util.Optional;

/**
 * Tells a jar that is missing from the class path from a native library that does not load: Java throws a
 * {@link LinkageError} for both.
 */
public final class MissingClass {
    private MissingClass() {}

    /**
     * What to say of a failure that a missing class has caused.
     *
     * @param failure with its causes
     * @return one line; empty where no class is missing
     */
    public static Optional<String> explain(Throwable failure) {
        for (Throwable e = failure; e != null; e = e.getCause()) {
            // The other message of such an error is "Could not initialize class ...": that class is there.
            boolean missing = e instanceof ClassNotFoundException
                    || e instanceof NoClassDefFoundError
                            && !String.valueOf(e.getMessage()).contains(" class ");
            if (missing && e.getMessage() != null) {
                return Optional.of("The class " + e.getMessage().replace('/', '.')
                        + " is missing from the class path; add the jar that has it (\"mvn dependency:tree\" lists what"
                        + " unipic-sdk needs).");
            }
        }
        return Optional.empty();
    }
}
