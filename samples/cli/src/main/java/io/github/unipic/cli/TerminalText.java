package io.github.unipic.cli;

/**
 * Text of any origin, made harmless to print: what would command a terminal (escape sequences, bells, cursor jumps) or
 * make text look like other text (overrides of its direction) becomes U+FFFD.
 */
final class TerminalText {
    private static final char REPLACEMENT = '\uFFFD';

    /** So that a message that quotes a file stays readable. */
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

    /** On one line, and not too long for one. */
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

    /** Embeddings, overrides and isolates. The marks stay: right-to-left text needs them, and they turn nothing. */
    private static boolean turnsDirection(char c) {
        return c >= '\u202A' && c <= '\u202E' || c >= '\u2066' && c <= '\u2069';
    }
}
