package io.github.unipic;

/** An image cannot be read or written. */
public final class ImageFormatException extends UniPicException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates one.
     *
     * @param message one line: what was wrong, where, and what to do about it
     */
    public ImageFormatException(String message) {
        super(message);
    }

    /**
     * Creates one with its cause.
     *
     * @param message one line: what was wrong, where, and what to do about it
     * @param cause what led to it
     */
    public ImageFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
