package io.github.unipic.libraries;

import io.github.unipic.files.StagingFile;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.EnumSet;
import java.util.Set;

/**
 * A folder that only this user can write, so that nobody else can plant a library in it, and from which the system runs
 * programs. On a file system without POSIX owners and permissions any folder is accepted.
 */
final class PrivateFolder {
    private static final Set<PosixFilePermission> ONLY_OWNER = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> OF_OTHERS =
            EnumSet.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    private final Path path;
    private final boolean posix;

    private PrivateFolder(Path path, boolean posix) {
        this.path = path;
        this.posix = posix;
    }

    /**
     * Creates the folder if it is missing.
     *
     * @param base a folder of this user, created too if it is missing
     * @param name of the folder within the base
     * @throws IOException when it cannot be written, belongs to another user, or is mounted noexec
     */
    static PrivateFolder in(Path base, Path name) throws IOException {
        boolean posix = base.getFileSystem().supportedFileAttributeViews().contains("posix");
        FileAttribute<?>[] attributes = posix
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(ONLY_OWNER)}
                : new FileAttribute<?>[0];
        Files.createDirectories(base, attributes);
        Path folder = base.toRealPath();
        PrivateFolder made = new PrivateFolder(folder, posix);
        UserPrincipal owner = made.requireRunnable();
        made.requireOwn(folder, owner);
        for (Path step : name) {
            folder = folder.resolve(step);
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectories(folder, attributes);
            }
            made.requireOwn(folder, owner);
        }
        return new PrivateFolder(folder, posix);
    }

    Path path() {
        return path;
    }

    /** Whether a file in it is a regular file of this user that nobody else can write. */
    boolean owns(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        if (!posix) {
            return true;
        }
        PosixFileAttributes attributes = attributes(file);
        return attributes.owner().equals(attributes(path).owner())
                && attributes.permissions().stream().noneMatch(OF_OTHERS::contains);
    }

    /** Tests with an empty file, which is never executable on noexec mounts, and returns its owner: this user. */
    private UserPrincipal requireRunnable() throws IOException {
        try (StagingFile probe = StagingFile.in(path)) {
            if (!posix) {
                return Files.getOwner(probe.path());
            }
            Files.setPosixFilePermissions(probe.path(), ONLY_OWNER);
            if (!Files.isExecutable(probe.path())) {
                throw new FileSystemException(
                        path.toString(), null, "it is mounted noexec, so no program in it can run");
            }
            return attributes(probe.path()).owner();
        }
    }

    private void requireOwn(Path folder, UserPrincipal owner) throws IOException {
        if (!posix) {
            return;
        }
        PosixFileAttributes attributes = attributes(folder);
        if (!attributes.isDirectory() || !attributes.owner().equals(owner)) {
            throw new FileSystemException(folder.toString(), null, "it belongs to another user, or is not a folder");
        }
        closeToOthers(folder);
    }

    /** Removes others' permission to write, which a new file may give to the group (umask 002). */
    void closeToOthers(Path file) throws IOException {
        if (!posix) {
            return;
        }
        Set<PosixFilePermission> narrowed = EnumSet.copyOf(attributes(file).permissions());
        if (narrowed.removeAll(OF_OTHERS)) {
            Files.setPosixFilePermissions(file, narrowed);
        }
    }

    private static PosixFileAttributes attributes(Path file) throws IOException {
        return Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .readAttributes();
    }
}
