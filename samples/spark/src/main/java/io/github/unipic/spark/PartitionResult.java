package io.github.unipic.spark;

import java.io.Serializable;
import java.util.List;

/** What a partition gave: lines of the manifest, and messages about entries that failed. No record, for Kryo's sake. */
final class PartitionResult implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String[] lines;
    private final String[] failures;

    PartitionResult(List<String> lines, List<String> failures) {
        this.lines = lines.toArray(String[]::new);
        this.failures = failures.toArray(String[]::new);
    }

    List<String> lines() {
        return List.of(lines);
    }

    List<String> failures() {
        return List.of(failures);
    }
}
