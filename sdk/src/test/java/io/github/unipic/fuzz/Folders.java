package io.github.unipic.fuzz;

import io.github.unipic.files.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Folders for inputs. */
final class Folders {
    private Folders() {}

    /** An empty folder in place of what is there. */
    static Path fresh(Path folder) throws IOException {
        FileTree.delete(folder);
        return Files.createDirectories(folder);
    }
}
