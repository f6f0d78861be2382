package io.github.unipic.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/** A file that is locked while the process that works on it lives: the system ends the lock with the process. */
final class OwnedFile implements AutoCloseable {
    /**
     * The names of this process's files. They must not be opened again: closing any channel of a file ends the
     * process's locks on it (POSIX).
     */
    private static final Set<String> OWN = ConcurrentHashMap.newKeySet();

    /** The byte that is locked, beyond any content: on Windows nobody else can write locked bytes. */
    private static final long LOCKED = Long.MAX_VALUE - 1;

    private static final int TRIES = 100;

    private final Path path;
    private final FileChannel channel;

    private OwnedFile(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /**
     * Creates an empty file.
     *
     * @param name gives the file's name for a new identifier
     */
    static OwnedFile create(Path folder, UnaryOperator<String> name) throws IOException {
        for (int i = 0; i < TRIES; i++) {
            Path path = folder.resolve(name.apply(UUID.randomUUID().toString()));
            Optional<OwnedFile> file = lock(path, true);
            // Before it was locked, another process may have deleted it as a leftover.
            if (file.isPresent() && Files.exists(path)) {
                return file.get();
            }
            if (file.isPresent()) {
                file.get().close();
            }
        }
        throw new FileSystemException(folder.toString(), null, "another process deletes new files there");
    }

    /**
     * Takes over a file that a process may have left.
     *
     * @return empty if a process still works on it, it is gone, or this user may not write it
     * @throws IOException if that cannot be determined, for example where files cannot be locked
     */
    static Optional<OwnedFile> take(Path path) throws IOException {
        try {
            return lock(path, false);
        } catch (NoSuchFileException | AccessDeniedException e) {
            return Optional.empty();
        }
    }

    private static Optional<OwnedFile> lock(Path path, boolean creating) throws IOException {
        String name = path.getFileName().toString();
        if (!OWN.add(name)) {
            return Optional.empty();
        }
        FileChannel channel = null;
        boolean locked = false;
        try {
            channel = creating
                    ? FileChannel.open(
                            path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)
                    : FileChannel.open(
                            path, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
            locked = creating ? tryLock(channel) : channel.tryLock(LOCKED, 1, false) != null;
            return locked ? Optional.of(new OwnedFile(path, channel)) : Optional.empty();
        } catch (OverlappingFileLockException e) {
            return Optional.empty(); // locked by this class in another class loader
        } finally {
            if (!locked) {
                OWN.remove(name);
                if (channel != null) {
                    channel.close();
                }
            }
        }
    }

    /** Where files cannot be locked, it works without: a process that cleans up cannot lock them either. */
    private static boolean tryLock(FileChannel channel) {
        try {
            FileLock lock = channel.tryLock(LOCKED, 1, false);
            return lock != null;
        } catch (IOException e) {
            return true;
        }
    }

    Path path() {
        return path;
    }

    FileChannel channel() {
        return channel;
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            OWN.remove(path.getFileName().toString());
        }
    }
}
