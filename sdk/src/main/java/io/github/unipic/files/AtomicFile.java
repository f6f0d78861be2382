package io.github.unipic.files;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.UUID;

/**
 * Writes a file so that at any moment, even after a kill or a power cut, its path has either the complete old or the
 * complete new content.
 */
public final class AtomicFile {
    private static final Path DEVICES = Path.of("/dev");

    private AtomicFile() {}

    /** Writes a file's content. */
    @FunctionalInterface
    public interface Content {
        /**
         * Writes the content.
         *
         * @param stream buffered; closed by the caller
         * @throws IOException if writing fails
         */
        void writeTo(OutputStream stream) throws IOException;
    }

    /**
     * Writes to a temporary file in the same folder, forces it to disk, and moves it to the target. A failure leaves
     * nothing behind. A link stays, and the file that it points to is replaced. A pipe or a device is written directly.
     *
     * @param file the file to make or to replace
     * @param content writes the content
     * @throws IOException if writing or moving fails
     */
    public static void write(Path file, Content content) throws IOException {
        if (Files.isDirectory(file)) {
            throw new FileSystemException(file.toString(), null, "is a folder");
        }
        if (isStream(file)) {
            try (OutputStream stream = Files.newOutputStream(file)) {
                content.writeTo(stream);
            }
            return;
        }
        Path target = target(file);
        if (target.getFileSystem() != FileSystems.getDefault()) {
            writeOffDisk(target, content);
            return;
        }
        try (StagingFile staging = StagingFile.in(target.getParent())) {
            content.writeTo(staging.stream());
            staging.moveTo(target);
        }
    }

    /**
     * Checks whether {@link #write} can write a file, before long work for it. An existing file is not changed.
     *
     * @param file on a disk
     * @throws IOException as {@link #write} would, for example if the name is too long or the folder not writable
     */
    public static void requirePossible(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new FileSystemException(file.toString(), null, "is a folder");
        }
        if (isStream(file)) {
            return;
        }
        Path target = target(file);
        try {
            // Fails for a name that the file system does not allow.
            Files.readAttributes(target, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            // A new file.
        }
        StagingFile.in(target.getParent()).close();
    }

    /** The target of a link; any other file itself. */
    private static Path target(Path file) throws IOException {
        return Files.isSymbolicLink(file) ? file.toRealPath() : file.toAbsolutePath();
    }

    /**
     * Removes unfinished files that killed processes have left in the folder of a file. The first {@link #write} of a
     * process to a folder does that too.
     *
     * @param own a file of this user; files of other users are not removed
     */
    public static void removeLeftovers(Path own) {
        Leftovers.remove(own.toAbsolutePath().getParent(), own.toAbsolutePath());
    }

    /** In an archive or in memory there are no other processes, and no disk to wait for. */
    private static void writeOffDisk(Path target, Content content) throws IOException {
        Path temporary =
                target.resolveSibling(Leftovers.fileName(UUID.randomUUID().toString()));
        try {
            try (OutputStream stream = new BufferedOutputStream(Files.newOutputStream(temporary))) {
                content.writeTo(stream);
            }
            Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** Whether this is not a file on a disk. A link in /dev is an open stream, even if that is redirected to a file. */
    private static boolean isStream(Path file) {
        return Files.exists(file)
                && (!Files.isRegularFile(file)
                        || Files.isSymbolicLink(file)
                                && file.getFileSystem() == FileSystems.getDefault()
                                && file.toAbsolutePath().startsWith(DEVICES));
    }
}
