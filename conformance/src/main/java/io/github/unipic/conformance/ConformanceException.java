package io.github.unipic.conformance;

import io.github.unipic.UniPicException;

/** A conformance run could not be made: its golden files are missing or not what they should be. */
public final class ConformanceException extends UniPicException {
    private static final long serialVersionUID = 1L;

    public ConformanceException(String message) {
        super(message);
    }

    public ConformanceException(String message, Throwable cause) {
        super(message, cause);
    }
}
