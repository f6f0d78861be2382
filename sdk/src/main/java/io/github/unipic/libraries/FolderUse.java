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
 * Who uses a folder of unpacked libraries, of which each version has its own. A file beside the folder is locked by
 * each process that uses it, which the system ends with the process, and tells by its time when the last one began to.
 */
final class FolderUse {
    private static final String SUFFIX = ".lock";
    private static final Pattern LOCK = Pattern.compile("[0-9a-f]{8}\\" + SUFFIX);

    /** Two versions may take turns, as those of two programs do. */
    private static final Duration KEPT = Duration.ofDays(30);

    private static final int TRIES = 100;
    private static final Duration PAUSE = Duration.ofMillis(20);

    /**
     * The locks of this process, kept to its end: closing any channel of a file ends the process's locks on it (POSIX).
     */
    private static final Map<Path, FileChannel> HELD = new HashMap<>();

    private FolderUse() {}

    /**
     * Keeps other processes from removing a folder, as long as this process lives.
     *
     * @param folder that need not exist yet, in one that does
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
                // Opens and closes the file, so it comes before the locking.
                Files.setLastModifiedTime(lock, FileTime.from(Instant.now()));
                // Whoever removes a folder removes the lock's file last.
                if (tryLockShared(channel) && Files.exists(lock)) {
                    return channel;
                }
            } catch (NoSuchFileException e) {
                // Just removed.
            }
            channel.close();
            LockSupport.parkNanos(PAUSE.toNanos());
        }
        throw new FileSystemException(lock.toString(), null, "another process removes what it stands for");
    }

    private static boolean tryLockShared(FileChannel channel) {
        try {
            return channel.tryLock(0, Long.MAX_VALUE, true) != null;
        } catch (OverlappingFileLockException e) {
            return true; // Of this process, by another class loader.
        } catch (IOException e) {
            return true; // Files cannot be locked here; whoever cleans up cannot lock it either.
        }
    }

    /**
     * Removes the versions that no process uses, nor has begun to use for long.
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
            // What was found so far will do.
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
            // Asked once more: another process may have used it in between, and have ended.
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
