package io.github.unipic;

/** The model folder cannot be used: a file is missing or corrupt, or its format version is not known. */
public final class ModelFormatException extends UniPicException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates one.
     *
     * @param message one line: what was wrong, where, and what to do about it
     */
    public ModelFormatException(String message) {
        super(message);
    }

    /**
     * Creates one with its cause.
     *
     * @param message one line: what was wrong, where, and what to do about it
     * @param cause what led to it
     */
    public ModelFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
