package io.github.unipic;

/**
 * What every failure of this library is: unchecked, with a one-line message that says what was wrong, where, and what
 * to do about it.
 */
public class UniPicException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With a one-line message that says what was wrong, where, and what to do. */
    public UniPicException(String message) {
        super(message);
    }

    /** As {@link #UniPicException(String)}, with what brought it about. */
    public UniPicException(String message, Throwable cause) {
        super(message, cause);
    }
}
