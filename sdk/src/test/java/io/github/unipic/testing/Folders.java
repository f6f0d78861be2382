package io.github.unipic.testing;

import io.github.unipic.files.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Helpers for folders in tests. */
public final class Folders {
    private Folders() {}

    /** Copies all that is in a folder, also from another file system, into one that is there or is made. */
    public static Path copy(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : paths.toList()) {
                Path target = to.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(path, target);
                }
            }
        }
        return to;
    }

    /** An empty folder in place of what is there. */
    public static Path fresh(Path folder) throws IOException {
        FileTree.delete(folder);
        return Files.createDirectories(folder);
    }
}
