package io.github.unipic.benchmark;

import java.util.List;

/**
 * Whether a benchmark's folder is ready to be scored. Files are named by their paths in the batch's folder.
 *
 * @param expected number of files that the scorer reads
 * @param missing those that are not there
 * @param damaged those that are there, but cut off or of another content or size, such as a grid of earlier images
 * @param unexpected files and folders that the scorer may take for images
 */
public record BenchmarkCheck(int expected, List<String> missing, List<String> damaged, List<String> unexpected) {
    /**
     * Copies the lists, sorted.
     *
     * @param expected 1 or more
     * @param missing copied
     * @param damaged copied
     * @param unexpected copied
     */
    public BenchmarkCheck {
        missing = missing.stream().sorted().toList();
        damaged = damaged.stream().sorted().toList();
        unexpected = unexpected.stream().sorted().toList();
    }

    /**
     * Whether the scorer would find what it expects and nothing else.
     *
     * @return whether nothing is missing, damaged or unexpected
     */
    public boolean isComplete() {
        return missing.isEmpty() && damaged.isEmpty() && unexpected.isEmpty();
    }
}
