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
 * A folder that only this user can write and that the system runs programs from, so that a library in it is one that
 * this user has put there. Where files have no owners and permissions as POSIX has them, any folder will do.
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
     * Makes the folder where it is missing.
     *
     * @param base of this user's, which may be missing, too
     * @param name of the folder within the base
     * @throws IOException when it cannot be written, is not this user's alone, or nothing in it can be run
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

    /** Whether a regular file in it is one that this user has written, and nobody else can. */
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

    /** Tries with an empty file, and gives its owner: who this is. Access to run a file is refused on noexec mounts. */
    private UserPrincipal requireRunnable() throws IOException {
        try (StagingFile probe = StagingFile.in(path)) {
            if (!posix) {
                return Files.getOwner(probe.path());
            }
            Files.setPosixFilePermissions(probe.path(), ONLY_OWNER);
            if (!Files.isExecutable(probe.path())) {
                throw new FileSystemException(path.toString(), null, "it is mounted noexec: nothing in it can be run");
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
            throw new FileSystemException(folder.toString(), null, "it is another user's, or no folder");
        }
        closeToOthers(folder);
    }

    /** Takes the right to write from others, which a new file may give to the group (umask 002). */
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
