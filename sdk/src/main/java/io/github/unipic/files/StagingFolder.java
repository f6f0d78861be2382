package io.github.unipic.files;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An unfinished folder: hidden, next to its target. A locked file next to it shows that this process owns it. Closing
 * it without {@link #commit} deletes it, also when the JVM stops. After a killed process the next one that makes such a
 * folder there cleans up: it restores a folder that was being replaced, and deletes the rest.
 */
public final class StagingFolder implements AutoCloseable {
    private final Path target;
    private final OwnedFile lock;
    private final Leftovers.Names names;
    private final Thread cleanup = new Thread(this::abandon, "unipic-cleanup");
    private boolean closed;

    private StagingFolder(Path target, OwnedFile lock) throws IOException {
        this.target = target;
        this.lock = lock;
        this.names = Leftovers.Names.of(lock.path());
        try {
            Files.createDirectory(names.partial());
            Runtime.getRuntime().addShutdownHook(cleanup);
        } catch (IOException | IllegalStateException e) {
            abandon();
            throw e;
        }
    }

    /**
     * Cleans up after killed processes, and creates an empty folder.
     *
     * @param target absolute; its parent exists
     * @throws IOException if it cannot be created
     */
    public static StagingFolder beside(Path target) throws IOException {
        OwnedFile lock = OwnedFile.create(
                target.getParent(),
                id -> Leftovers.lockName(target.getFileName().toString(), id));
        StagingFolder folder = new StagingFolder(target, lock);
        Leftovers.remove(target.getParent(), lock.path());
        return folder;
    }

    /** The temporary path. */
    public Path path() {
        return names.partial();
    }

    /**
     * Forces the folder to disk and moves it to its target. An existing folder is moved aside first, and deleted at the
     * end.
     *
     * @throws IOException if that fails; an existing folder is then restored, or, if that fails too, {@link #displaced}
     */
    public void commit() throws IOException {
        commit((from, to) -> Files.move(from, to, StandardCopyOption.ATOMIC_MOVE));
    }

    /**
     * Instead of {@link #commit}, moves some files to another folder, each in one step and forced to disk, replacing
     * existing files.
     *
     * @param folder on the same disk
     * @param files names relative to either folder
     * @throws IOException if one cannot be moved; the file that it would replace is unchanged
     */
    public void moveFilesTo(Path folder, List<String> files) throws IOException {
        Disk.forceTree(path());
        Set<Path> changed = new LinkedHashSet<>();
        for (String file : files) {
            Path destination = folder.resolve(file);
            Files.createDirectories(destination.getParent());
            Files.move(path().resolve(file), destination, StandardCopyOption.ATOMIC_MOVE);
            changed.add(destination.getParent());
        }
        changed.forEach(Disk::forceFolder);
    }

    /** A move in one step; tests pass one that fails. */
    interface Move {
        void move(Path from, Path to) throws IOException;
    }

    synchronized void commit(Move move) throws IOException {
        if (closed) {
            throw new FileSystemException(target.toString(), null, "the program is stopping");
        }
        Disk.forceTree(path());
        boolean replacing = Files.exists(target, LinkOption.NOFOLLOW_LINKS);
        if (replacing) {
            move.move(target, names.old());
        }
        try {
            move.move(path(), target);
        } catch (IOException e) {
            if (replacing) {
                moveBack(move, e);
            }
            throw e;
        }
        Disk.forceFolder(target.getParent());
    }

    /** If this fails too, {@link #close} tries again, and then the next process. */
    private void moveBack(Move move, IOException failure) {
        try {
            move.move(names.old(), target);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    /**
     * Deletes a folder if it exists. It is first moved away in one step, so that no other process sees a part of it.
     *
     * @param target absolute
     * @throws IOException if it cannot be moved
     */
    public static void discard(Path target) throws IOException {
        try (StagingFolder trash = beside(target)) {
            Files.move(target, trash.path().resolve("discarded"), StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            // Another process was first.
        }
    }

    /**
     * The hidden path next to a target that an interrupted replacement has moved the old folder to.
     *
     * @param target absolute
     * @return empty if there is none
     */
    public static Optional<Path> displaced(Path target) {
        return Files.exists(target, LinkOption.NOFOLLOW_LINKS) ? Optional.empty() : Leftovers.old(target);
    }

    /** Deletes this folder, or after {@link #commit} the one that it has replaced. */
    @Override
    public void close() {
        abandon();
        try {
            Runtime.getRuntime().removeShutdownHook(cleanup);
        } catch (IllegalStateException e) {
            // The JVM is stopping: the hook runs.
        }
    }

    /** Synchronized with {@link #commit}: a stopping JVM waits until a move has ended. */
    private synchronized void abandon() {
        if (!closed) {
            closed = true;
            Leftovers.settle(names);
            try {
                lock.close();
            } catch (IOException e) {
                // The lock ends with the process at the latest.
            }
        }
    }
}
