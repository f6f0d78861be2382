package io.github.unipic.conformance.report;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The result of a conformance run, which is submitted.
 *
 * @param started when the run began
 * @param elapsed how long it took
 * @param meaning what the trained model made of each request; empty if the suite does not check that
 * @param skipped comparisons that were not possible and why, one line each; they do not affect the verdict
 * @param processes the child processes that ran the cases; empty if the kit's own process did
 */
public record ConformanceReport(
        Instant started,
        Duration elapsed,
        Environment environment,
        Subject subject,
        List<Check> checks,
        List<Placement> placements,
        List<Timing> timings,
        List<ImagePair> images,
        List<MeaningResult> meaning,
        List<String> skipped,
        Optional<Processes> processes) {

    /** Version of the report's file formats; docs/conformance-report.schema.json describes this one. */
    public static final int FORMAT_VERSION = 1;

    /** Copies the lists. */
    public ConformanceReport {
        checks = List.copyOf(checks);
        placements = List.copyOf(placements);
        timings = List.copyOf(timings);
        images = List.copyOf(images);
        meaning = List.copyOf(meaning);
        skipped = List.copyOf(skipped);
    }

    /** Whether something was compared and all of it passed. */
    public boolean passed() {
        return !checks.isEmpty() && checks.stream().allMatch(Check::passed);
    }

    /** The checks that did not pass. */
    public List<Check> failures() {
        return checks.stream().filter(check -> !check.passed()).toList();
    }
}
