package io.github.unipic.export;

import io.github.unipic.UniPicException;

/**
 * A checkpoint cannot be exported: a file is missing, malformed or refused, or a tensor is missing or does not have the
 * shape that the architecture requires. The message is one line that names the file or tensor and says what to do.
 */
public final class ExportException extends UniPicException {
    private static final long serialVersionUID = 1L;

    /**
     * For code of this library.
     *
     * @param message one line
     */
    public ExportException(String message) {
        super(message);
    }

    /**
     * For code of this library.
     *
     * @param message one line
     * @param cause the reason
     */
    public ExportException(String message, Throwable cause) {
        super(message, cause);
    }
}
