package io.github.unipic.conformance;

import java.util.List;

/** The outcome of a replay: every comparison made, and the golden files that held nothing known. */
public record ConformanceReport(List<Comparison> comparisons, List<String> skippedFiles) {

    /** Whether something was compared and all of it passed. */
    public boolean passed() {
        return !comparisons.isEmpty() && comparisons.stream().allMatch(Comparison::passed);
    }
}
