package io.github.unipic.libraries;

import io.github.unipic.files.FileTree;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.slf4j.LoggerFactory;

/**
 * Tracks which processes use a folder of unpacked libraries; each version has its own folder. Each process locks a file
 * next to the folder, and the system ends the lock with the process. The file's time says when the last process began.
 */
final class FolderUse {
    private static final String SUFFIX = ".lock";
    private static final Pattern LOCK = Pattern.compile("[0-9a-f]{8}\\" + SUFFIX);

    /** Unused versions are kept for a while, as two programs may use different versions in turn. */
    private static final Duration KEPT = Duration.ofDays(30);

    private static final int TRIES = 100;
    private static final Duration PAUSE = Duration.ofMillis(20);

    /**
     * The locks of this process. They are never closed: closing any channel of a file ends the process's locks on it
     * (POSIX).
     */
    private static final Map<Path, FileChannel> HELD = new HashMap<>();

    private FolderUse() {}

    /**
     * Keeps other processes from removing a folder until this process ends.
     *
     * @param folder need not exist yet; its parent does
     * @throws IOException if another process is removing it
     */
    static synchronized void begin(Path folder) throws IOException {
        Path lock = folder.resolveSibling(folder.getFileName() + SUFFIX);
        if (!HELD.containsKey(lock) || !Files.exists(lock)) {
            HELD.put(lock, lockShared(lock));
        }
    }

    private static FileChannel lockShared(Path lock) throws IOException {
        for (int i = 0; i < TRIES; i++) {
            FileChannel channel = FileChannel.open(
                    lock,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE,
                    LinkOption.NOFOLLOW_LINKS);
            try {
                // This opens and closes the file, so it must come before locking.
                Files.setLastModifiedTime(lock, FileTime.from(Instant.now()));
                // A process that removes a folder deletes the lock file last, so a lock on a deleted file is void.
                if (tryLockShared(channel) && Files.exists(lock)) {
                    return channel;
                }
            } catch (NoSuchFileException e) {
                // Removed by another process: try again.
            }
            channel.close();
            LockSupport.parkNanos(PAUSE.toNanos());
        }
        throw new FileSystemException(lock.toString(), null, "another process is removing its folder");
    }

    private static boolean tryLockShared(FileChannel channel) {
        try {
            return channel.tryLock(0, Long.MAX_VALUE, true) != null;
        } catch (OverlappingFileLockException e) {
            return true; // locked by this class in another class loader
        } catch (IOException e) {
            return true; // files cannot be locked here, so no process can clean up either
        }
    }

    /**
     * Removes versions that no process uses and that were last used long ago.
     *
     * @param folder of all versions
     */
    static synchronized void removeUnused(Path folder) {
        for (Path lock : locks(folder)) {
            try {
                if (!HELD.containsKey(lock) && isOld(lock)) {
                    removeUnlessLocked(lock);
                }
            } catch (IOException | OverlappingFileLockException e) {
                // A later start tries again.
            }
        }
    }

    private static List<Path> locks(Path folder) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
            for (Path file : files) {
                if (LOCK.matcher(file.getFileName().toString()).matches()
                        && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                        && Files.getOwner(file, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(folder))) {
                    found.add(file);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // The locks found so far suffice.
        }
        return found;
    }

    private static boolean isOld(Path lock) throws IOException {
        return Files.getLastModifiedTime(lock, LinkOption.NOFOLLOW_LINKS)
                .toInstant()
                .isBefore(Instant.now().minus(KEPT));
    }

    private static void removeUnlessLocked(Path lock) throws IOException {
        try (FileChannel channel =
                FileChannel.open(lock, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            // Check the age again: meanwhile another process may have used it and ended.
            if (channel.tryLock() != null && isOld(lock)) {
                String name = lock.getFileName().toString();
                Path folder = lock.resolveSibling(name.substring(0, name.length() - SUFFIX.length()));
                FileTree.delete(folder);
                Files.deleteIfExists(lock);
                LoggerFactory.getLogger(FolderUse.class)
                        .info("Removed libraries of another version, unused for {} days: {}", KEPT.toDays(), folder);
            }
        }
    }
}
