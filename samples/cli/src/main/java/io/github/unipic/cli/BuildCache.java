package io.github.unipic.cli;

import io.github.unipic.CacheFolder;
import io.github.unipic.files.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;

/**
 * Folders in the user's cache that another build of the program makes again.
 *
 * @param parent of these folders
 * @param build the {@link BuildFingerprint} of the program
 */
record BuildCache(Path parent, String build) {
    private static final Duration STALE = Duration.ofDays(1);

    static BuildCache of(Session session) {
        Path cache = CacheFolder.of(
                System.getProperty("os.name"), session.environment(), Path.of(System.getProperty("user.home")));
        return new BuildCache(cache.resolve(Version.current()), BuildFingerprint.ofUniPic());
    }

    /** The folder for something, which may not exist. */
    Path folder(String name) {
        return parent.resolve(prefix(name) + build);
    }

    private static String prefix(String name) {
        return name + "-";
    }

    /** Deletes other builds' folders of that name that are old. What cannot be deleted stays for a later run. */
    void deleteStale(String name) {
        FileTime limit = FileTime.from(Instant.now().minus(STALE));
        try (Stream<Path> siblings = Files.list(parent)) {
            for (Path sibling : siblings.toList()) {
                if (sibling.getFileName().toString().startsWith(prefix(name))
                        && !sibling.equals(folder(name))
                        && Files.getLastModifiedTime(sibling).compareTo(limit) < 0) {
                    FileTree.delete(sibling);
                }
            }
        } catch (IOException e) {
            // Not there, not readable, or in use by another process (Windows).
        }
    }
}
