package io.github.unipic.runtime.provider;

import com.sun.jna.Platform;
import io.github.unipic.InferenceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A folder's path as ONNX Runtime's Java part can hand it to native code: but on Windows it does so in the JVM's own
 * form of UTF-8, in which characters beyond the basic plane, such as emoji and rare Han, are others than in the file
 * system's. A folder with such a path is reached by a symbolic link in the temporary folder, until this is closed.
 */
public final class NativePath implements AutoCloseable {
    private final Path path;
    private final Optional<Path> made;
    private boolean kept;

    private NativePath(Path path, Optional<Path> made) {
        this.path = path;
        this.made = made;
    }

    /** @throws InferenceException when there is no such way to the folder */
    public static NativePath of(Path folder) {
        if (passes(folder)) {
            return new NativePath(folder, Optional.empty());
        }
        String temporary = System.getProperty("java.io.tmpdir");
        try {
            if (!passes(Path.of(temporary))) {
                throw new IOException("that of the temporary folder " + temporary + ", too");
            }
            Path made = Files.createTempDirectory("unipic-");
            try {
                return new NativePath(Files.createSymbolicLink(made.resolve("folder"), folder), Optional.of(made));
            } catch (IOException | RuntimeException | Error e) {
                Files.delete(made);
                throw e;
            }
        } catch (IOException | UnsupportedOperationException e) {
            throw new InferenceException(
                    "ONNX Runtime cannot open " + folder + ": its path has characters that Java cannot hand to it, and"
                            + " there can be no link to it (" + e + "); rename the folder, or set -Djava.io.tmpdir.",
                    e);
        }
    }

    /** Whether text is the same in the JVM's form of UTF-8. */
    public static boolean passes(String text) {
        return text.chars().noneMatch(unit -> Character.isSurrogate((char) unit));
    }

    private static boolean passes(Path path) {
        return Platform.isWindows() || passes(path.toString());
    }

    public Path path() {
        return path;
    }

    /** Leaves the link until the process ends, for what native code may look for later. */
    public void keep() {
        kept = true;
        // Deleted in the opposite order.
        made.ifPresent(folder -> folder.toFile().deleteOnExit());
        made.ifPresent(folder -> path.toFile().deleteOnExit());
    }

    @Override
    public void close() {
        try {
            if (made.isPresent() && !kept) {
                Files.deleteIfExists(path);
                Files.deleteIfExists(made.get());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
