package io.github.unipic.export.hub;

import io.github.unipic.UniPicException;

/**
 * A download failed. The message is one line that names the repository or file and says what to do; what has arrived by
 * then is kept, and used the next time.
 */
public final class DownloadException extends UniPicException {
    private static final long serialVersionUID = 1L;

    public DownloadException(String message) {
        super(message);
    }

    public DownloadException(String message, Throwable cause) {
        super(message, cause);
    }
}
