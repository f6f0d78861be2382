package io.github.unipic.conformance;

import io.github.unipic.files.FileFailure;
import io.github.unipic.files.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.LoggerFactory;

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

    /** Removes it. A run's report does not depend on that, so a failure is only logged. */
    @Override
    public void close() {
        try {
            FileTree.delete(path);
        } catch (IOException e) {
            LoggerFactory.getLogger(TemporaryFolder.class)
                    .warn("The temporary folder {} cannot be removed: {}; remove it", path, FileFailure.reason(e));
        }
    }
}
