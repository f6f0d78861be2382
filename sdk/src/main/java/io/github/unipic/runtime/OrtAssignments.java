package io.github.unipic.runtime;

import java.util.Optional;

/** Reads assignments. This version cannot; the one for Java 22 and later can. */
final class OrtAssignments {
    private OrtAssignments() {}

    static Optional<AssignmentReader> find() {
        return Optional.empty();
    }
}
