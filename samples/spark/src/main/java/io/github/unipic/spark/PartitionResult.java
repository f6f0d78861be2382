package io.github.unipic.spark;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;

/** What a partition gave: lines of the manifest, and entries that failed. No record, for Kryo's sake. */
final class PartitionResult implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String[] lines;
    private final int[] failed;
    private final String[] failures;

    /**
     * Copies the lists.
     *
     * @param failed the indices of entries
     * @param failures a message about each of them
     */
    PartitionResult(List<String> lines, List<Integer> failed, List<String> failures) {
        this.lines = lines.toArray(String[]::new);
        this.failed = failed.stream().mapToInt(Integer::intValue).toArray();
        this.failures = failures.toArray(String[]::new);
    }

    List<String> lines() {
        return List.of(lines);
    }

    List<Integer> failed() {
        return Arrays.stream(failed).boxed().toList();
    }

    List<String> failures() {
        return List.of(failures);
    }
}
