package io.github.unipic.conformance.report;

/**
 * The result in words.
 *
 * @param word {@code Passed}, {@code Failed} or {@code Nothing compared}
 * @param sentence the number of checks, and how close they are to their limits
 */
record Verdict(String word, String sentence) {

    static Verdict of(ConformanceReport report) {
        int checks = report.checks().size();
        int failures = report.failures().size();
        if (checks == 0) {
            return new Verdict("Nothing compared", "No check was made, so nothing is known.");
        }
        if (failures > 0) {
            return new Verdict(
                    "Failed", Figures.count(failures) + " of " + Figures.count(checks, "check") + " failed.");
        }
        Check nearest = new CheckGroup("all", report.checks()).worst();
        return new Verdict(
                "Passed",
                Figures.count(checks, "check") + ", all within their limits; the nearest is at "
                        + Figures.ratio(nearest) + " of its own.");
    }
}
