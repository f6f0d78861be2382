package io.github.unipic;

/**
 * What every failure of this library is: unchecked, with a one-line message that says what was wrong, where, and what
 * to do about it. What it quotes of files and native code has codes such as {@code <U+001B>} in place of control
 * characters, so that a message can be written to a terminal.
 */
public class UniPicException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates one.
     *
     * @param message one line: what was wrong, where, and what to do about it; line breaks become spaces
     */
    public UniPicException(String message) {
        super(Printable.line(message));
    }

    /**
     * Creates one with its cause.
     *
     * @param message one line: what was wrong, where, and what to do about it; line breaks become spaces
     * @param cause what led to it
     */
    public UniPicException(String message, Throwable cause) {
        super(Printable.line(message), cause);
    }
}
