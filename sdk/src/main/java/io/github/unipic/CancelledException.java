package io.github.unipic;

/** The request was cancelled through its {@link Cancellation}. */
public final class CancelledException extends UniPicException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates one.
     *
     * @param message one line: what was wrong, where, and what to do about it
     */
    public CancelledException(String message) {
        super(message);
    }

    /**
     * Creates one with its cause.
     *
     * @param message one line: what was wrong, where, and what to do about it
     * @param cause what led to it
     */
    public CancelledException(String message, Throwable cause) {
        super(message, cause);
    }
}
