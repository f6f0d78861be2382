package io.github.unipic;

import io.github.unipic.files.FileFailure;
import java.io.IOException;

/** A file or folder cannot be written: the disk is full or read-only, or permission is missing. */
public final class OutputException extends UniPicException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates one.
     *
     * @param message one line: what was wrong, where, and what to do about it
     */
    public OutputException(String message) {
        super(message);
    }

    /**
     * Creates one for a failure of the file system.
     *
     * @param what cannot be written, with its path, such as {@code The report cannot be written to /tmp/report}
     * @param cause what the file system said
     * @param advice what to do, such as {@code make room there or choose another folder}
     */
    public OutputException(String what, IOException cause, String advice) {
        super(what + " (" + FileFailure.reason(cause) + "); " + advice + ".", cause);
    }
}
