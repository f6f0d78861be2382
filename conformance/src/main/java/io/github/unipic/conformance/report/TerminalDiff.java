package io.github.unipic.conformance.report;

import io.github.unipic.Printable;
import io.github.unipic.conformance.report.ReportDiff.Change;
import io.github.unipic.conformance.report.ReportDiff.Kind;
import io.github.unipic.conformance.report.ReportDiff.Setting;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes what differs between two reports as plain text of up to 100 columns: verdict, settings, changes by kind. */
public final class TerminalDiff {
    private static final int COLUMNS = 100;
    private static final int NAME = 66;
    private static final int SETTING = 22;

    private final Appendable out;
    private final int most;

    private TerminalDiff(Appendable out, int most) {
        this.out = out;
        this.most = most;
    }

    /**
     * Writes the differences.
     *
     * @param diff the differences
     * @param most changes of each kind that are listed; of the others, only the number
     * @param out to write to; not flushed
     * @throws IOException if {@code out} cannot be written to
     */
    public static void write(ReportDiff diff, int most, Appendable out) throws IOException {
        new TerminalDiff(out, most).write(diff);
    }

    private void write(ReportDiff diff) throws IOException {
        String counts = Stream.of(Kind.values())
                .filter(kind -> !diff.of(kind).isEmpty())
                .map(kind -> Figures.count(diff.of(kind).size()) + " " + kind.text())
                .collect(Collectors.joining(", "));
        line((diff.isWorse() ? "WORSE  " : "NOTHING WORSE  ") + (counts.isEmpty() ? "" : counts + ", ")
                + Figures.count(diff.unchanged()) + " unchanged");
        if (!diff.settings().isEmpty()) {
            line("");
            line("settings that differ");
            for (Setting setting : diff.settings()) {
                line(String.format(
                        Locale.ROOT,
                        "  %-" + SETTING + "s %s",
                        printable(setting.name(), SETTING),
                        printable(setting.before(), COLUMNS)));
                line(" ".repeat(SETTING) + "-> " + printable(setting.after(), COLUMNS));
            }
        }
        for (Kind kind : Kind.values()) {
            write(kind, diff.of(kind));
        }
    }

    private void write(Kind kind, List<Change> changes) throws IOException {
        if (changes.isEmpty()) {
            return;
        }
        line("");
        line(row(kind.text(), "before", "after", ""));
        for (Change change : changes.subList(0, Math.min(most, changes.size()))) {
            line(row(
                    "  " + printable(change.name(), NAME - 2),
                    figure(kind, change.before()),
                    figure(kind, change.after()),
                    factor(change)));
        }
        if (changes.size() > most) {
            line("  and " + Figures.count(changes.size() - most) + " more; --all lists them");
        }
    }

    private static String row(String name, String before, String after, String factor) {
        return String.format(Locale.ROOT, "%-" + NAME + "s %11s %11s %8s", name, before, after, factor);
    }

    private static String figure(Kind kind, double value) {
        return switch (kind) {
            case SLOWER, FASTER -> Figures.milliseconds(value);
            default -> Double.isNaN(value) ? "none" : Figures.of(value);
        };
    }

    private static String factor(Change change) {
        double factor = change.factor();
        return Double.isInfinite(factor) || change.kind() == Kind.ADDED ? "" : Figures.factor(factor);
    }

    private static String printable(String text, int width) {
        String safe = Printable.of(text);
        return safe.length() <= width ? safe : safe.substring(0, width - 3) + "...";
    }

    private void line(String text) throws IOException {
        String whole = text.stripTrailing();
        out.append(whole.length() <= COLUMNS ? whole : whole.substring(0, COLUMNS - 3) + "...")
                .append(System.lineSeparator());
    }
}
