package io.github.unipic.libraries;

import java.util.Optional;

/**
 * Distinguishes a jar that is missing from the class path from a native library that does not load: Java throws a
 * {@link LinkageError} for both.
 */
public final class MissingClass {
    private MissingClass() {}

    /**
     * The message for a failure that a missing class has caused.
     *
     * @param failure with its causes
     * @return one line; empty where no class is missing
     */
    public static Optional<String> explain(Throwable failure) {
        for (Throwable e = failure; e != null; e = e.getCause()) {
            // Such an error can also say "Could not initialize class ...": then the class is not missing.
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
