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
 * {@link #moveTo} deletes it. If the process is killed, a later one that writes to the folder deletes it.
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
     * Creates an empty file.
     *
     * @param folder an existing folder
     * @throws IOException if it cannot be created
     */
    public static StagingFile in(Path folder) throws IOException {
        StagingFile staging = new StagingFile(OwnedFile.create(folder, Leftovers::fileName));
        Leftovers.removeOnce(folder, staging.path());
        return staging;
    }

    /** The temporary path. */
    public Path path() {
        return file.path();
    }

    /** Reads and writes the file. Closing the channel ends the lock, so that another process may delete the file. */
    public FileChannel channel() {
        return file.channel();
    }

    /**
     * Writes the file, buffered, and unlike {@link #channel} also in an interrupted thread. Always the same stream; it
     * is closed with this file.
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
     * Forces the content to disk and moves the file to its target in one step, replacing an existing file.
     *
     * @param target in the same folder
     * @throws IOException if that fails; an existing file is then unchanged
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
            // Closing the stream ends the lock, so it comes last. The rest of its buffer need not be written.
            if (unbuffered != null) {
                unbuffered.close();
            }
            file.close();
        }
    }
}
