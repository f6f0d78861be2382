package io.github.unipic.conformance.report;

import io.github.unipic.Printable;
import java.util.Set;

/**
 * An HTML page under construction. Text and the values of attributes are escaped here and nowhere else; tags and the
 * names of attributes are the caller's own.
 */
final class Html {
    private static final Set<String> BLOCKS =
            Set.of("section", "table", "tr", "details", "figure", "div", "dl", "ul", "p");

    private final StringBuilder page = new StringBuilder("<!doctype html>\n");

    /** An element with what {@code content} adds. Attributes are names and values in turn. */
    Html element(String tag, Runnable content, String... attributes) {
        open(tag, attributes);
        content.run();
        page.append("</").append(tag).append('>');
        if (BLOCKS.contains(tag)) {
            page.append('\n');
        }
        return this;
    }

    /** An element with text. */
    Html element(String tag, String text, String... attributes) {
        return element(tag, () -> text(text), attributes);
    }

    /** An element without an end tag. */
    Html single(String tag, String... attributes) {
        open(tag, attributes);
        return this;
    }

    Html text(String text) {
        String printable = Printable.of(text);
        for (int i = 0; i < printable.length(); i++) {
            switch (printable.charAt(i)) {
                case '<' -> page.append("&lt;");
                case '>' -> page.append("&gt;");
                case '&' -> page.append("&amp;");
                case '"' -> page.append("&quot;");
                case '\'' -> page.append("&#39;");
                default -> page.append(printable.charAt(i));
            }
        }
        return this;
    }

    /** Text whose lines stay lines. */
    Html preformatted(String text) {
        return element(
                "pre",
                () -> text.lines().forEach(line -> {
                    text(line);
                    page.append('\n');
                }));
    }

    /** A style sheet of this project's, as it is. */
    Html style(String css) {
        page.append("<style>").append(css).append("</style>");
        return this;
    }

    private void open(String tag, String... attributes) {
        page.append('<').append(tag);
        for (int i = 0; i < attributes.length; i += 2) {
            page.append(' ').append(attributes[i]).append("=\"");
            text(attributes[i + 1]);
            page.append('"');
        }
        page.append('>');
    }

    @Override
    public String toString() {
        return page.toString();
    }
}
