package io.github.unipic.files;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * An unfinished file: hidden, in the target's folder, and locked while this process works on it. Closing it without
 * {@link #moveTo} deletes it. What a killed process left is deleted by a later one that writes in the folder.
 */
public final class StagingFile implements AutoCloseable {
    private final OwnedFile file;
    private OutputStream unbuffered;
    private OutputStream stream;
    private boolean moved;

    private StagingFile(OwnedFile file) {
        this.file = file;
    }

    /**
     * Makes an empty one.
     *
     * @param folder that exists
     * @throws IOException if it cannot be made
     */
    public static StagingFile in(Path folder) throws IOException {
        StagingFile staging = new StagingFile(OwnedFile.create(folder, Leftovers::fileName));
        Leftovers.removeOnce(folder, staging.path());
        return staging;
    }

    /** Where it is now. */
    public Path path() {
        return file.path();
    }

    /** Reads and writes it; closing the channel gives the file up to whoever cleans the folder. */
    public FileChannel channel() {
        return file.channel();
    }

    /**
     * Writes it, buffered, and unlike {@link #channel} also in a thread that was interrupted. Always the same stream,
     * closed with this.
     *
     * @throws IOException if it cannot be opened
     */
    public OutputStream stream() throws IOException {
        if (stream == null) {
            unbuffered = Files.newOutputStream(path(), StandardOpenOption.WRITE);
            stream = new BufferedOutputStream(unbuffered);
        }
        return stream;
    }

    /**
     * Forces the content to disk and moves the file to its target in one step, replacing a file there.
     *
     * @param target in the same folder
     * @throws IOException if that fails; what was there is then as it was
     */
    public void moveTo(Path target) throws IOException {
        if (stream != null) {
            stream.flush();
        }
        Disk.force(channel());
        Files.move(path(), target, StandardCopyOption.ATOMIC_MOVE);
        moved = true;
        Disk.forceFolder(target.getParent());
    }

    @Override
    public void close() throws IOException {
        try {
            if (!moved) {
                Files.deleteIfExists(path());
            }
        } finally {
            // Closing the stream ends the lock, so it comes last; what its buffer still holds need not be written.
            if (unbuffered != null) {
                unbuffered.close();
            }
            file.close();
        }
    }
}
