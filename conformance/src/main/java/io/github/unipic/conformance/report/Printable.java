package io.github.unipic.conformance.report;

/**
 * Text from outside, such as labels and notes, made safe to write on one line: terminals obey control characters, XML
 * cannot hold some, and characters that turn the direction of writing can make text look like other text.
 */
final class Printable {
    private static final int REPLACEMENT = 0xFFFD;

    private Printable() {}

    static String of(String text) {
        StringBuilder printable = new StringBuilder(text.length());
        text.codePoints().map(Printable::of).forEach(printable::appendCodePoint);
        return printable.toString();
    }

    private static int of(int codePoint) {
        boolean noCharacter = (codePoint & 0xFFFE) == 0xFFFE;
        return switch (Character.getType(codePoint)) {
            case Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> ' ';
            case Character.CONTROL -> Character.isWhitespace(codePoint) ? ' ' : REPLACEMENT;
            case Character.SURROGATE, Character.FORMAT -> REPLACEMENT;
            default -> noCharacter ? REPLACEMENT : codePoint;
        };
    }
}
