package io.github.unipic;

import java.util.Locale;

/**
 * Text that may come from a file or from native code, made safe to show on one line: terminals obey control characters,
 * and marks that turn the direction of writing can make text look like other text.
 */
public final class Printable {
    /** A message of ours is a few hundred characters long, and may quote a long path. */
    private static final int MOST = 4000;

    private static final int TAIL = 800;
    private static final String CUT = " ... ";
    private static final int ZERO_WIDTH_NON_JOINER = 0x200C;
    private static final int ZERO_WIDTH_JOINER = 0x200D;

    private Printable() {}

    /**
     * Makes text safe to show.
     *
     * @param text from anywhere
     * @return the text on one line: line breaks and tabs are spaces, other invisible characters their codes, as
     *     {@code <U+001B>}
     */
    public static String of(String text) {
        StringBuilder line = new StringBuilder(text.length());
        text.codePoints().forEach(character -> append(character, line));
        return line.toString();
    }

    /** As {@link #of}, and the middle of a long text is cut. */
    static String line(String text) {
        StringBuilder line = new StringBuilder(of(text));
        if (line.length() > MOST) {
            line.replace(MOST - TAIL - CUT.length(), line.length() - TAIL, CUT);
        }
        return line.toString();
    }

    private static void append(int character, StringBuilder line) {
        switch (Character.getType(character)) {
            case Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> line.append(' ');
            case Character.CONTROL -> line.append(Character.isWhitespace(character) ? " " : code(character));
            case Character.SURROGATE -> line.append(code(character));
            case Character.FORMAT -> {
                // Scripts and emoji need these two.
                if (character == ZERO_WIDTH_NON_JOINER || character == ZERO_WIDTH_JOINER) {
                    line.appendCodePoint(character);
                } else {
                    line.append(code(character));
                }
            }
            default -> {
                // No character has these codes, and XML refuses them.
                if ((character & 0xFFFE) == 0xFFFE) {
                    line.append(code(character));
                } else {
                    line.appendCodePoint(character);
                }
            }
        }
    }

    /** {@code <U+001B>} and the like. */
    private static String code(int character) {
        String hex = Integer.toHexString(character).toUpperCase(Locale.ROOT);
        return "<U+" + "0".repeat(Math.max(0, 4 - hex.length())) + hex + ">";
    }
}
