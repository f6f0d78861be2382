package io.github.unipic.image;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** Writes a file so that at every moment its path holds the old content or the new, whole. */
public final class AtomicFile {
    private AtomicFile() {}

    /** Writes a file's content. */
    @FunctionalInterface
    public interface Content {
        /**
         * Writes it.
         *
         * @param stream buffered; closed by the caller
         * @throws IOException if writing fails
         */
        void writeTo(OutputStream stream) throws IOException;
    }

    /**
     * Writes to a temporary file in the same folder, then moves it into place. Where that fails nothing is left behind.
     * What is no file, such as {@code /dev/stdout} or a named pipe, is written to as it is.
     *
     * @param file the file to make or to replace
     * @param content writes the content
     * @throws IOException if writing or moving fails
     */
    public static void write(Path file, Content content) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            try (OutputStream stream = new BufferedOutputStream(Files.newOutputStream(file))) {
                content.writeTo(stream);
            }
            return;
        }
        // Not Files.createTempFile, whose files no one but the owner may read, also after the move.
        Path temporary = file.resolveSibling("." + UUID.randomUUID() + ".tmp");
        try {
            try (OutputStream stream =
                    new BufferedOutputStream(Files.newOutputStream(temporary, StandardOpenOption.CREATE_NEW))) {
                content.writeTo(stream);
            }
            try {
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
