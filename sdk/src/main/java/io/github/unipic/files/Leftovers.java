package io.github.unipic.files;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Unfinished files and folders that killed processes have left: recognized by their name, their owner, and a lock that
 * no process has. Anything doubtful is not touched, only reported.
 */
final class Leftovers {
    private static final String ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
    private static final Pattern FILE = Pattern.compile("\\.unipic-" + ID + "\\.tmp");
    private static final Pattern FOLDER = Pattern.compile("\\.(.+)\\.(lock|partial|old)-(" + ID + ")");

    private static final int REMEMBERED = 1000;

    /** Folders that this process has cleaned. */
    private static final Set<Path> CLEANED = Collections.synchronizedSet(Collections.newSetFromMap(new Recent()));

    private Leftovers() {}

    private static final class Recent extends LinkedHashMap<Path, Boolean> {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Path, Boolean> eldest) {
            return size() > REMEMBERED;
        }
    }

    /** The paths of one {@link StagingFolder}, all in its target's folder. */
    record Names(Path target, Path lock, Path partial, Path old) {
        static Names of(Path lock) {
            Matcher parts = FOLDER.matcher(lock.getFileName().toString());
            if (!parts.matches()) {
                throw new IllegalArgumentException(lock + " is not the lock of a folder");
            }
            String name = parts.group(1);
            String id = parts.group(3);
            return new Names(
                    lock.resolveSibling(name),
                    lock,
                    lock.resolveSibling("." + name + ".partial-" + id),
                    lock.resolveSibling("." + name + ".old-" + id));
        }
    }

    static String fileName(String id) {
        return ".unipic-" + id + ".tmp";
    }

    static String lockName(String target, String id) {
        return "." + target + ".lock-" + id;
    }

    /** As {@link #remove}, but once per process and folder: a batch writes many files into one. */
    static void removeOnce(Path folder, Path own) {
        if (CLEANED.add(folder)) {
            remove(folder, own);
        }
    }

    /**
     * Removes leftovers from a folder, or restores what they replaced.
     *
     * @param own a file that this process has made there; only files of the same owner count
     */
    static void remove(Path folder, Path own) {
        try {
            UserPrincipal owner = Files.getOwner(own, LinkOption.NOFOLLOW_LINKS);
            for (Path path : candidates(folder)) {
                if (!path.equals(own) && isOf(owner, path)) {
                    remove(path);
                }
            }
        } catch (IOException | DirectoryIteratorException | UnsupportedOperationException e) {
            // A folder that cannot be listed may still be writable.
        }
    }

    private static List<Path> candidates(Path folder) throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(folder, ".*")) {
            for (Path path : paths) {
                String name = path.getFileName().toString();
                if (FILE.matcher(name).matches() || FOLDER.matcher(name).matches()) {
                    found.add(path);
                }
            }
        }
        return found;
    }

    /** The folder that was at the target and was moved aside to be replaced. */
    static Optional<Path> old(Path target) {
        try {
            return candidates(target.getParent()).stream()
                    .filter(path -> {
                        Matcher folder = FOLDER.matcher(path.getFileName().toString());
                        return folder.matches()
                                && folder.group(1).equals(target.getFileName().toString())
                                && folder.group(2).equals("old");
                    })
                    .findFirst();
        } catch (IOException | DirectoryIteratorException e) {
            return Optional.empty();
        }
    }

    private static boolean isOf(UserPrincipal owner, Path path) {
        try {
            return Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).equals(owner);
        } catch (IOException e) {
            return false; // deleted meanwhile
        }
    }

    private static void remove(Path path) {
        Matcher folder = FOLDER.matcher(path.getFileName().toString());
        if (folder.matches() && !folder.group(2).equals("lock")) {
            Path lock = path.resolveSibling(lockName(folder.group(1), folder.group(3)));
            if (!Files.exists(lock) && Files.exists(path)) {
                logger().warn("{} may be a leftover of an interrupted run; delete it if nothing writes there", path);
            }
            return;
        }
        if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try {
            Optional<OwnedFile> taken = OwnedFile.take(path);
            if (taken.isPresent()) {
                try (OwnedFile file = taken.get()) {
                    if (folder.matches()) {
                        settle(Names.of(file.path()));
                    } else {
                        Files.deleteIfExists(file.path());
                    }
                }
            }
        } catch (IOException e) {
            logger().warn(
                            "{} may be a leftover of an interrupted run, but that cannot be determined ({})",
                            path,
                            e.toString());
        }
    }

    /**
     * Cleans up after one {@link StagingFolder}, whether it was committed or not. The caller has its lock. If something
     * cannot be removed, the lock's file stays too, so that a later run tries again.
     */
    static void settle(Names names) {
        try {
            if (Files.exists(names.old(), LinkOption.NOFOLLOW_LINKS)) {
                settleReplaced(names);
            }
            FileTree.delete(names.partial());
            Files.deleteIfExists(names.lock());
        } catch (IOException e) {
            logger().warn("{} or its folders cannot be removed ({})", names.lock(), e.toString());
        }
    }

    /** Restores the old folder if the target is missing, and deletes it if the new one was moved to the target. */
    private static void settleReplaced(Names names) throws IOException {
        if (!Files.exists(names.target(), LinkOption.NOFOLLOW_LINKS)) {
            Files.move(names.old(), names.target(), StandardCopyOption.ATOMIC_MOVE);
            logger().warn("{} is restored: a run was interrupted while replacing it", names.target());
        } else if (Files.exists(names.partial())) {
            // Someone has put another folder at the target. The old one may be needed, so it is kept, visibly.
            Path kept = names.old()
                    .resolveSibling(names.old().getFileName().toString().substring(1));
            Files.move(names.old(), kept, StandardCopyOption.ATOMIC_MOVE);
            logger().warn("{} is the former {}: a run was interrupted while replacing it", kept, names.target());
        } else {
            FileTree.delete(names.old());
        }
    }

    private static Logger logger() {
        return LoggerFactory.getLogger(Leftovers.class);
    }
}
