package io.github.unipic.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A folder for the time of one run. */
record TemporaryFolder(Path path) implements AutoCloseable {

    static TemporaryFolder create() {
        try {
            return new TemporaryFolder(Files.createTempDirectory("unipic-conformance-"));
        } catch (IOException e) {
            throw new ConformanceException("No temporary folder can be made: " + e.getMessage() + ".", e);
        }
    }

    /** In another place than the system's: for what is to be moved to its neighbourhood. */
    static TemporaryFolder in(Path parent) throws IOException {
        return new TemporaryFolder(Files.createTempDirectory(parent, "unipic-part-"));
    }

    @Override
    public void close() {
        try (Stream<Path> paths = Files.walk(path)) {
            for (Path each : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (IOException e) {
            throw new ConformanceException(
                    "The temporary folder " + path + " cannot be removed: " + e.getMessage() + ".", e);
        }
    }
}
