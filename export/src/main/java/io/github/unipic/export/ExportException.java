package io.github.unipic.export;

import io.github.unipic.UniPicException;

/**
 * A checkpoint cannot be exported: a file is missing, malformed or refused, or a tensor is missing or has another shape
 * than the architecture asks for. The message is one line that names the file or tensor and says what to do.
 */
public final class ExportException extends UniPicException {
    private static final long serialVersionUID = 1L;

    public ExportException(String message) {
        super(message);
    }

    public ExportException(String message, Throwable cause) {
        super(message, cause);
    }
}
