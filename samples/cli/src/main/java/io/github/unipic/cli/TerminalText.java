package io.github.unipic.cli;

/**
 * Makes text of any origin harmless to print. Characters that control a terminal (escape sequences, bells, cursor
 * movements) or make text look like other text (direction overrides) become U+FFFD.
 */
final class TerminalText {
    private static final char REPLACEMENT = '\uFFFD';

    /** The most characters of a line, so that a message that quotes a file stays readable. */
    private static final int LONGEST_LINE = 4000;

    private TerminalText() {}

    /** Keeps line ends and tabs. */
    static String of(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (harmful(text, i)) {
                return replaced(text);
            }
        }
        return text;
    }

    /** The text on one line, shortened if it is too long. */
    static String line(String text) {
        String some = text.length() <= LONGEST_LINE ? text : text.substring(0, LONGEST_LINE) + "...";
        return of(some.strip().replaceAll("\\s*\\R\\s*", " "));
    }

    static boolean isHarmless(String text) {
        return of(text).equals(text);
    }

    private static String replaced(String text) {
        StringBuilder replaced = new StringBuilder(text);
        for (int i = 0; i < text.length(); i++) {
            if (harmful(text, i)) {
                replaced.setCharAt(i, REPLACEMENT);
            }
        }
        return replaced.toString();
    }

    private static boolean harmful(String text, int index) {
        char c = text.charAt(index);
        return switch (c) {
            case '\n', '\t' -> false;
            case '\r' -> index + 1 == text.length() || text.charAt(index + 1) != '\n';
            default -> Character.isISOControl(c) || turnsDirection(c);
        };
    }

    /** Embeddings, overrides and isolates. Marks stay: right-to-left text needs them, and they reorder nothing. */
    private static boolean turnsDirection(char c) {
        return c >= '\u202A' && c <= '\u202E' || c >= '\u2066' && c <= '\u2069';
    }
}
