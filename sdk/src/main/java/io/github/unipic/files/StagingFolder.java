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
 * An unfinished folder: hidden, next to its target. The lock of a file next to it shows that this process owns it.
 * Closing it without {@link #commit} deletes it, also when the JVM stops. What a killed process left is cleaned up by
 * the next one that makes such a folder there: a folder that was being replaced is restored, the rest is deleted.
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
     * Makes an empty one, after it has put right what killed processes left beside the target.
     *
     * @param target absolute; its parent exists
     * @throws IOException if it cannot be made
     */
    public static StagingFolder beside(Path target) throws IOException {
        OwnedFile lock = OwnedFile.create(
                target.getParent(),
                id -> Leftovers.lockName(target.getFileName().toString(), id));
        StagingFolder folder = new StagingFolder(target, lock);
        Leftovers.remove(target.getParent(), lock.path());
        return folder;
    }

    /** Where it is now. */
    public Path path() {
        return names.partial();
    }

    /**
     * Forces all of it to disk and moves it to its target. A folder there is moved aside first, and deleted at the end.
     *
     * @throws IOException if that fails; what was there is then there again, or else {@link #displaced}
     */
    public void commit() throws IOException {
        commit((from, to) -> Files.move(from, to, StandardCopyOption.ATOMIC_MOVE));
    }

    /**
     * Moves some of its files out of it instead, each in one step, forced to disk, and replacing what is there.
     *
     * @param folder on the same disk
     * @param files names relative to this folder, and then to that
     * @throws IOException if one cannot be moved; the file that it would replace is unchanged
     */
    public void moveFilesTo(Path folder, List<String> files) throws IOException {
        Disk.forceTree(path());
        Set<Path> changed = new LinkedHashSet<>();
        for (String file : files) {
            Path place = folder.resolve(file);
            Files.createDirectories(place.getParent());
            Files.move(path().resolve(file), place, StandardCopyOption.ATOMIC_MOVE);
            changed.add(place.getParent());
        }
        changed.forEach(Disk::forceFolder);
    }

    /** A move in one step; in tests one that fails. */
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

    /** Where that fails, too, {@link #close} tries again, and then the next process. */
    private void moveBack(Move move, IOException failure) {
        try {
            move.move(names.old(), target);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    /**
     * Deletes a folder, moved away in one step first so that no other process sees a part of it. A folder that is not
     * there is fine.
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
     * Where an interrupted replacement has left what was at a target that is not there now: hidden beside it.
     *
     * @param target absolute
     */
    public static Optional<Path> displaced(Path target) {
        return Files.exists(target, LinkOption.NOFOLLOW_LINKS) ? Optional.empty() : Leftovers.old(target);
    }

    /** Deletes the folder, or after {@link #commit} what it has replaced. */
    @Override
    public void close() {
        abandon();
        try {
            Runtime.getRuntime().removeShutdownHook(cleanup);
        } catch (IllegalStateException e) {
            // The JVM is stopping: the hook runs.
        }
    }

    /** Not while it is being moved: a stopping JVM waits for that. */
    private synchronized void abandon() {
        if (!closed) {
            closed = true;
            Leftovers.settle(names);
            try {
                lock.close();
            } catch (IOException e) {
                // The process ends the lock at the latest.
            }
        }
    }
}
