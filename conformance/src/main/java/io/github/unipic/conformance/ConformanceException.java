package io.github.unipic.conformance;

import io.github.unipic.UniPicException;

/** A conformance run is not possible: its golden files or its reference are missing, malformed or of another model. */
public final class ConformanceException extends UniPicException {
    private static final long serialVersionUID = 1L;

    /**
     * For code of this library.
     *
     * @param message one line
     */
    public ConformanceException(String message) {
        super(message);
    }

    /**
     * For code of this library.
     *
     * @param message one line
     * @param cause the reason
     */
    public ConformanceException(String message, Throwable cause) {
        super(message, cause);
    }
}
