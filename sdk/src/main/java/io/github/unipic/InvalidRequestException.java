package io.github.unipic;

/** A parameter is out of its range, or a prompt is too long; the message names it, its value and what is allowed. */
public final class InvalidRequestException extends UniPicException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates one.
     *
     * @param message one line: what was wrong, where, and what to do about it
     */
    public InvalidRequestException(String message) {
        super(message);
    }

    /**
     * Creates one with its cause.
     *
     * @param message one line: what was wrong, where, and what to do about it
     * @param cause what led to it
     */
    public InvalidRequestException(String message, Throwable cause) {
        super(message, cause);
    }
}
