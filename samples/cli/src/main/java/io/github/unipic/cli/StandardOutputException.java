package io.github.unipic.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Standard output cannot be written. This is no {@link io.github.unipic.UniPicException}, so that code that continues
 * after one of those does not continue after this.
 */
final class StandardOutputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final int FILE_TYPE = 0170000;
    private static final int FIFO = 0010000;
    private static final int SOCKET = 0140000;

    StandardOutputException(IOException cause) {
        super("standard output cannot be written: " + cause.getMessage(), cause);
    }

    /**
     * Whether another program read the output and has ended, as {@code head} does, which is no error. The message is in
     * the user's language, so it does not always say so. But a pipe fails for another reason only when it is full and
     * non-blocking.
     */
    boolean readerGone() {
        String message = String.valueOf(getCause().getMessage());
        return message.contains("roken pipe")
                || message.contains("pipe is being closed") // Windows
                || stdoutIsPipe() && !message.contains("temporarily unavailable");
    }

    private static boolean stdoutIsPipe() {
        try {
            int type = (int) Files.getAttribute(Path.of("/dev/stdout"), "unix:mode") & FILE_TYPE;
            return type == FIFO || type == SOCKET;
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return false;
        }
    }
}
