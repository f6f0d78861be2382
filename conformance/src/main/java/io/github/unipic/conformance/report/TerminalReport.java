package io.github.unipic.conformance.report;

import io.github.unipic.Printable;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Writes a report's outline as plain text of up to 100 columns: verdict, subjects, placement, first failures, and the
 * number of skipped comparisons.
 */
public final class TerminalReport {
    private static final int COLUMNS = 100;
    private static final int MOST_SUBJECTS = 20;
    private static final int MOST_PLACEMENTS = 12;
    private static final int MOST_FAILURES = 20;

    private final Appendable out;

    private TerminalReport(Appendable out) {
        this.out = out;
    }

    /**
     * Writes the outline.
     *
     * @param report the report
     * @param out to write to; not flushed
     * @throws IOException if {@code out} cannot be written to
     */
    public static void write(ConformanceReport report, Appendable out) throws IOException {
        new TerminalReport(out).write(report);
    }

    private void write(ConformanceReport report) throws IOException {
        writeVerdict(report);
        if (!report.checks().isEmpty()) {
            writeSubjects(CheckGroup.bySubject(report.checks()));
        }
        if (!report.placements().isEmpty()) {
            writePlacements(report.placements());
        }
        if (!report.failures().isEmpty()) {
            writeFailures(report.failures());
        }
        if (!report.skipped().isEmpty()) {
            line("");
            line(Figures.count(report.skipped().size(), "comparison") + " skipped; " + ReportFolder.HTML + " says why");
        }
    }

    private void writeVerdict(ConformanceReport report) throws IOException {
        Verdict verdict = Verdict.of(report);
        line(verdict.word().toUpperCase(Locale.ROOT) + "  " + verdict.sentence());
        Subject subject = report.subject();
        line(String.join(
                ", ",
                Printable.of(subject.model()),
                Printable.of(subject.precision()),
                "on " + Printable.of(subject.provider()),
                Printable.of(subject.suite()) + " suite" + (subject.only().isEmpty() ? "" : " (only some cases)"),
                Figures.duration(report.elapsed())));
    }

    private void writeSubjects(List<CheckGroup> subjects) throws IOException {
        line("");
        line(row("subject", "checks", "failed", "worst error", "limit", "of limit"));
        List<CheckGroup> shown = subjects;
        if (subjects.size() > MOST_SUBJECTS) {
            shown = subjects.stream()
                    .sorted(Comparator.comparing(CheckGroup::passed))
                    .limit(MOST_SUBJECTS)
                    .toList();
        }
        for (CheckGroup subject : shown) {
            Check worst = subject.worst();
            line(row(
                    Printable.of(subject.title()),
                    Figures.count(subject.checks().size()),
                    Figures.count(subject.failures().size()),
                    Figures.value(worst),
                    Figures.limit(worst),
                    Figures.ratio(worst)));
        }
        writeRest(subjects.size() - shown.size());
    }

    private static String row(String subject, String checks, String failed, String error, String limit, String ratio) {
        return String.format(
                Locale.ROOT,
                "%-36s %7s %7s %12s %12s %10s",
                shortened(subject, 36),
                checks,
                failed,
                error,
                limit,
                ratio);
    }

    private void writePlacements(List<Placement> placements) throws IOException {
        line("");
        boolean timed = placements.stream()
                .anyMatch(placement -> placement.milliseconds().isPresent());
        line("placement: share of nodes" + (timed ? " and of time" : "") + "; operators left to the CPU that compute");
        for (Placement placement : placements.subList(0, Math.min(MOST_PLACEMENTS, placements.size()))) {
            String shares = placement.shares().stream()
                    .map(share -> Printable.of(share.name()) + " "
                            + Figures.percent(share.nodes(), placement.nodes())
                            + (timed ? " " + ofTime(placement, share) : ""))
                    .collect(Collectors.joining(", "));
            String fallbacks = placement.fallbacks().stream()
                    .filter(Placement.Fallback::computes)
                    .map(fallback -> Printable.of(fallback.operator()) + " x" + fallback.nodes())
                    .collect(Collectors.joining(", "));
            String name = String.format(Locale.ROOT, "%-20s ", shortened(Printable.of(placement.graph()), 20));
            line(name + shares + (fallbacks.isEmpty() ? "" : "; " + fallbacks));
        }
        writeRest(placements.size() - MOST_PLACEMENTS);
    }

    private void writeFailures(List<Check> failures) throws IOException {
        line("");
        line("failed: error, limit, times the limit");
        for (Check check : failures.subList(0, Math.min(MOST_FAILURES, failures.size()))) {
            String numbers = String.format(
                    Locale.ROOT, " %12s %10s %8s", Figures.value(check), Figures.limit(check), Figures.ratio(check));
            int width = COLUMNS - numbers.length();
            line(String.format(Locale.ROOT, "%-" + width + "s", shortened(Printable.of(check.name()), width))
                    + numbers);
            if (check.note().isPresent()) {
                line("  " + Printable.of(check.note().get()));
            }
        }
        writeRest(failures.size() - MOST_FAILURES);
    }

    private void writeRest(int count) throws IOException {
        if (count > 0) {
            line("and " + Figures.count(count) + " more in " + ReportFolder.HTML);
        }
    }

    private void line(String text) throws IOException {
        out.append(shortened(text, COLUMNS)).append(System.lineSeparator());
    }

    private static String shortened(String text, int width) {
        return text.length() <= width ? text : text.substring(0, width - 3) + "...";
    }

    private static String ofTime(Placement placement, Placement.Share share) {
        return Figures.percent(
                share.milliseconds().orElse(0), placement.milliseconds().orElse(0));
    }
}
