package io.github.unipic.conformance.report;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.LongStream;

/** The report page's charts, as inline SVG. Colors and line widths are in report.css. */
final class Charts {
    /** Bars run from 1e-4 of the limit to 100 times the limit. */
    private static final int FIRST_DECADE = -4;

    private static final int LAST_DECADE = 2;
    private static final int DECADE_WIDTH = 16;

    private static final int COLUMN = 32;
    private static final int MARGIN = 4;
    private static final int TOP = 16;
    private static final int BASE = 84;
    private static final int HEIGHT = 100;

    private Charts() {}

    /** A check's value relative to its limit on a log scale; the numbers are next to it as text. */
    static void bar(Html html, Check check) {
        int width = DECADE_WIDTH * (LAST_DECADE - FIRST_DECADE);
        double decade = Math.min(LAST_DECADE, Math.max(FIRST_DECADE, Math.log10(Math.max(0, check.ratio()))));
        String length = number((decade - FIRST_DECADE) * DECADE_WIDTH);
        String limit = number(-FIRST_DECADE * DECADE_WIDTH);
        html.element(
                "svg",
                () -> {
                    html.element(
                            "rect", "", "class", "track", "y", "4", "width", Integer.toString(width), "height", "2");
                    html.element(
                            "rect",
                            "",
                            "class",
                            check.passed() ? "within" : "beyond",
                            "y",
                            "2",
                            "width",
                            length,
                            "height",
                            "6");
                    html.element("line", "", "class", "limit", "x1", limit, "x2", limit, "y1", "0", "y2", "10");
                },
                "class",
                "bar",
                "viewBox",
                "0 0 " + width + " 10",
                "aria-hidden",
                "true");
    }

    /**
     * The histograms of some tensors, added up: a column for each decade, as high as the logarithm of its count, with
     * its share; and the limit of the checks, if they have one in common.
     */
    static void histogram(Html html, List<ErrorStatistics> errors, OptionalDouble limit) {
        long[] counts = new long[ErrorStatistics.DECADES];
        for (ErrorStatistics each : errors) {
            for (int i = 0; i < counts.length; i++) {
                counts[i] += each.histogram().get(i);
            }
        }
        long most = LongStream.of(counts).max().orElseThrow();
        long total = LongStream.of(counts).sum();
        int width = 2 * MARGIN + COLUMN * counts.length;
        html.element(
                "svg",
                () -> {
                    for (int i = 0; i < counts.length; i++) {
                        column(html, i, height(counts[i], most));
                    }
                    String end = Integer.toString(width);
                    String base = Integer.toString(BASE);
                    html.element("line", "", "class", "axis", "x1", "0", "x2", end, "y1", base, "y2", base);
                    limit.ifPresent(value -> limitLine(html, value));
                    // Last, so that the limit's line does not run through a number.
                    for (int i = 0; i < counts.length; i++) {
                        labels(html, i, counts[i], total, height(counts[i], most));
                    }
                },
                "class",
                "histogram",
                "viewBox",
                "0 0 " + width + " " + HEIGHT,
                "role",
                "img",
                "aria-label",
                describe(counts, total));
    }

    private static double height(long count, long most) {
        return count == 0 ? 0 : Math.max(2, (BASE - TOP) * Math.log1p(count) / Math.log1p(most));
    }

    private static void column(Html html, int index, double height) {
        html.element(
                "rect",
                "",
                "class",
                "column",
                "x",
                number(MARGIN + index * COLUMN + 3),
                "y",
                number(BASE - height),
                "width",
                number(COLUMN - 6),
                "height",
                number(height));
    }

    private static void labels(Html html, int index, long count, long total, double height) {
        int left = MARGIN + index * COLUMN;
        if (count > 0) {
            label(html, left + COLUMN / 2, BASE - height - 3, share(count, total));
        }
        if (index > 0) {
            label(html, left, HEIGHT - 4, lowerBound(index));
        }
    }

    private static void limitLine(Html html, double limit) {
        double decade = Math.log10(limit) - ErrorStatistics.FIRST_DECADE;
        double x = MARGIN + COLUMN * Math.min(ErrorStatistics.DECADES, Math.max(0, decade + 1));
        html.element("line", "", "class", "limit", "x1", number(x), "x2", number(x), "y1", "0", "y2", number(BASE));
    }

    private static void label(Html html, double x, double y, String text) {
        html.element("text", text, "x", number(x), "y", number(y));
    }

    private static String share(long count, long total) {
        long percent = Math.round(100.0 * count / total);
        return percent == 0 ? "<1%" : percent + "%";
    }

    private static String lowerBound(int index) {
        return "1e" + (ErrorStatistics.FIRST_DECADE + index - 1);
    }

    private static String describe(long[] counts, long total) {
        StringBuilder text = new StringBuilder("Differences by size:");
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
                text.append(i == 0 ? " below " + lowerBound(1) : " from " + lowerBound(i))
                        .append(' ')
                        .append(share(counts[i], total))
                        .append(';');
            }
        }
        return text.toString();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4g", value);
    }
}
