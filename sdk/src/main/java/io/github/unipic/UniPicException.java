package io.github.unipic;

/**
 * What every failure of this library is: unchecked, with a one-line message that says what was wrong, where, and what
 * to do about it.
 */
public class UniPicException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UniPicException(String message) {
        super(message);
    }

    public UniPicException(String message, Throwable cause) {
        super(message, cause);
    }
}
