package io.github.unipic.conformance.meaning;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** A plot of loss against operations, as SVG for light and dark pages. */
record FastPlot(List<Point> points) {
    private static final int WIDTH = 760;
    private static final int HEIGHT = 440;
    private static final int LEFT = 60;
    private static final int BOTTOM = 50;
    private static final int TOP = 20;
    private static final int RIGHT = 40;

    /** Where the axis of operations begins. */
    private static final double FEWEST = 0.3;

    /** One variant. */
    record Point(String name, double operations, double loss) {}

    String svg() {
        double most = points.stream().mapToDouble(Point::loss).max().orElse(1) * 1.1;
        StringBuilder svg = new StringBuilder(String.format(Locale.ROOT, """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">
                <style>text { fill: #333 } line { stroke: #999 } .best { fill: #00695c }
                @media (prefers-color-scheme: dark) { text { fill: #ddd } .best { fill: #4db6ac } }</style>
                """, WIDTH, HEIGHT));
        line(svg, LEFT, y(0, most), x(1), y(0, most));
        line(svg, LEFT, y(0, most), LEFT, y(most, most));
        for (double operations = FEWEST; operations < 1.05; operations += 0.1) {
            text(svg, x(operations) - 8, HEIGHT - BOTTOM + 18, String.format(Locale.ROOT, "%.1f", operations));
        }
        for (int tenth = 0; tenth <= 10; tenth += 2) {
            double loss = most * tenth / 10;
            text(svg, 14, y(loss, most) + 4, String.format(Locale.ROOT, "%.3f", loss));
        }
        text(svg, WIDTH / 2 - 90, HEIGHT - 12, "operations, of an exact image's");
        text(svg, LEFT + 6, TOP - 6, "distance of latents to exact ones, relative L2");
        List<Point> best = points.stream()
                .filter(point -> points.stream()
                        .noneMatch(other -> other.operations() < point.operations() && other.loss() < point.loss()))
                .sorted(Comparator.comparingDouble(Point::operations))
                .toList();
        for (Point point : points) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"#999\"%s><title>%s</title></circle>%n",
                    x(point.operations()),
                    y(point.loss(), most),
                    best.contains(point) ? " class=\"best\"" : "",
                    point.name()));
        }
        for (int i = 0; i < best.size(); i++) {
            // Neighbors' names are above to the right and below to the left, so that they do not overlap.
            Point point = best.get(i);
            boolean above = i % 2 == 0 || i == best.size() - 1;
            double left = above ? 7 : -8 - 6.2 * point.name().length();
            text(svg, x(point.operations()) + left, y(point.loss(), most) + (above ? -5 : 14), point.name());
        }
        return svg.append("</svg>\n").toString();
    }

    private static double x(double operations) {
        return LEFT + (operations - FEWEST) / (1 - FEWEST) * (WIDTH - LEFT - RIGHT);
    }

    private static double y(double loss, double most) {
        return HEIGHT - BOTTOM - loss / most * (HEIGHT - BOTTOM - TOP);
    }

    private static void line(StringBuilder svg, double x1, double y1, double x2, double y2) {
        svg.append(String.format(
                Locale.ROOT, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>%n", x1, y1, x2, y2));
    }

    private static void text(StringBuilder svg, double x, double y, String text) {
        svg.append(String.format(Locale.ROOT, "<text x=\"%.1f\" y=\"%.1f\">%s</text>%n", x, y, text));
    }
}
