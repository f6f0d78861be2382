package io.github.unipic.export;

import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.FileSpec;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A model folder being written: a hidden temporary sibling that {@link #commit} moves into place. Without a commit,
 * also when the JVM is told to stop, the sibling is removed.
 */
final class OutputFolder implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 20;

    private final Path target;
    private final Path temporary;
    private final Thread cleanup;
    private boolean committed;

    /** Writes the content of a file. */
    @FunctionalInterface
    interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    private OutputFolder(Path target, Path temporary) {
        this.target = target;
        this.temporary = temporary;
        this.cleanup = new Thread(() -> deleteQuietly(temporary), "unipic-export-cleanup");
        Runtime.getRuntime().addShutdownHook(cleanup);
    }

    /** @throws ExportException when the target is there and may not be replaced */
    static OutputFolder create(Path output, boolean overwrite) throws IOException {
        Path target = output.toAbsolutePath().normalize();
        if (Files.exists(target)) {
            boolean model = Files.isRegularFile(target.resolve(Manifest.FILE_NAME));
            if (!overwrite && !isEmptyFolder(target)) {
                throw new ExportException(
                        output + " is there already; use --force to replace a model, or another folder.");
            }
            if (!model && !isEmptyFolder(target)) {
                throw new ExportException(
                        output + " is not an exported model, so it is not replaced; use another folder.");
            }
        }
        Path parent = target.getParent();
        if (parent == null) {
            throw new ExportException(output + " cannot be an output folder; name a folder below it.");
        }
        Files.createDirectories(parent);
        return new OutputFolder(target, Files.createDirectory(sibling(target, "partial")));
    }

    private static Path sibling(Path target, String kind) {
        return target.resolveSibling("." + target.getFileName() + "." + kind + "-" + UUID.randomUUID());
    }

    /** @throws ExportException when the disk has less room than {@code bytes} */
    void requireSpace(long bytes) throws IOException {
        long usable = Files.getFileStore(temporary).getUsableSpace();
        if (usable < bytes) {
            throw new ExportException("The export needs " + (bytes >> 20) + " MiB but the disk of " + target + " has "
                    + (usable >> 20) + " MiB left; free some, or use another disk.");
        }
    }

    /** Writes a file and gives its length and digest. */
    FileSpec write(String file, Content content) throws IOException {
        MessageDigest sha256 = sha256();
        Path path = temporary.resolve(file);
        try (OutputStream out = new BufferedOutputStream(
                new DigestOutputStream(Files.newOutputStream(path, StandardOpenOption.CREATE_NEW), sha256),
                BUFFER_BYTES)) {
            content.writeTo(out);
        }
        return new FileSpec(Files.size(path), HexFormat.of().formatHex(sha256.digest()));
    }

    /** Moves the finished folder into place. */
    void commit() throws IOException {
        if (Files.exists(target)) {
            Path old = sibling(target, "old");
            Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            deleteQuietly(old);
        } else {
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        }
        committed = true;
    }

    @Override
    public void close() {
        if (!committed) {
            deleteQuietly(temporary);
        }
        try {
            Runtime.getRuntime().removeShutdownHook(cleanup);
        } catch (IllegalStateException e) {
            // The JVM is stopping: the hook runs.
        }
    }

    private static boolean isEmptyFolder(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return false;
        }
        try (Stream<Path> children = Files.list(path)) {
            return children.findAny().isEmpty();
        }
    }

    private static void deleteQuietly(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | UncheckedIOException e) {
            // What cannot be removed stays: hidden, and with a name that says what it is.
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
