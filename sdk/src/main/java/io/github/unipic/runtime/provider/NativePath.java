package io.github.unipic.runtime.provider;

import com.sun.jna.Platform;
import io.github.unipic.InferenceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A path of a folder that ONNX Runtime's JNI library can pass to native code. Except on Windows it uses modified UTF-8,
 * which encodes characters beyond the basic plane, such as emoji and rare Han, unlike the file system. A folder with
 * such a path is reached through a symbolic link in the temporary folder, until this is closed.
 */
public final class NativePath implements AutoCloseable {
    private final Path path;
    private final Optional<Path> made;
    private boolean kept;

    private NativePath(Path path, Optional<Path> made) {
        this.path = path;
        this.made = made;
    }

    /** @throws InferenceException when a link is needed and cannot be made */
    public static NativePath of(Path folder) {
        if (passes(folder)) {
            return new NativePath(folder, Optional.empty());
        }
        String temporary = System.getProperty("java.io.tmpdir");
        try {
            if (!passes(Path.of(temporary))) {
                throw new IOException("the path of the temporary folder " + temporary + " has some, too");
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
                    "ONNX Runtime cannot open " + folder + ": its path has characters that Java cannot pass to it, and"
                            + " no link to it can be made (" + e + "); rename the folder, or set -Djava.io.tmpdir.",
                    e);
        }
    }

    /** Whether text is the same in modified UTF-8 and in UTF-8, apart from NUL. */
    public static boolean passes(String text) {
        return text.chars().noneMatch(unit -> Character.isSurrogate((char) unit));
    }

    private static boolean passes(Path path) {
        return Platform.isWindows() || passes(path.toString());
    }

    public Path path() {
        return path;
    }

    /** Keeps the link until the process ends, as native code may open more files later. */
    public void keep() {
        kept = true;
        // Deletion is in reverse order.
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
