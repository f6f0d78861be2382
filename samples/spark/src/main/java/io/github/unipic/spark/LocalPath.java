package io.github.unipic.spark;

import java.nio.file.Path;

/** Paths of this machine as Hadoop wants them: a URI whose path is not encoded. */
final class LocalPath {
    private LocalPath() {}

    /** To write there. */
    static String of(Path path) {
        return "file:" + path.toUri().getPath();
    }

    /** To read from there, where Hadoop would take certain characters for a pattern of names. */
    static String literal(Path path) {
        return of(path).replaceAll("[\\\\{}\\[\\]*?]", "\\\\$0");
    }
}
