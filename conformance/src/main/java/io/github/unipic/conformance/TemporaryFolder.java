package io.github.unipic.conformance;

import io.github.unipic.files.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder that exists during one run. */
record TemporaryFolder(Path path) implements AutoCloseable {

    static TemporaryFolder create() {
        try {
            return new TemporaryFolder(Files.createTempDirectory("unipic-conformance-"));
        } catch (IOException e) {
            throw new ConformanceException(
                    "No temporary folder can be created: " + e.getMessage()
                            + "; set -Djava.io.tmpdir to a writable folder.",
                    e);
        }
    }

    @Override
    public void close() {
        try {
            FileTree.delete(path);
        } catch (IOException e) {
            throw new ConformanceException(
                    "The temporary folder " + path + " cannot be removed: " + e.getMessage() + "; remove it.", e);
        }
    }
}
