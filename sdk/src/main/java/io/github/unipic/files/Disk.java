package io.github.unipic.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/** Forces written data to disk, so that it survives a power cut, gives the free space, and tells disks apart. */
public final class Disk {
    private Disk() {}

    /**
     * The space on a disk that is left for this user.
     *
     * @param path on the disk; it need not exist, its nearest existing folder counts
     * @return bytes
     * @throws IOException if the space cannot be determined
     */
    public static long room(Path path) throws IOException {
        Path folder = path.toAbsolutePath().normalize();
        while (folder.getParent() != null && !Files.exists(folder)) {
            folder = folder.getParent();
        }
        return Files.getFileStore(folder).getUsableSpace();
    }

    /**
     * Whether two files or folders are on one disk, so that one can be moved or linked to the other's place.
     *
     * @param one an existing file or folder
     * @param other an existing file or folder
     * @return true also where that cannot be determined
     */
    public static boolean isSame(Path one, Path other) {
        try {
            return Files.getFileStore(one).equals(Files.getFileStore(other));
        } catch (IOException e) {
            return true; // what then fails says so itself
        }
    }

    /**
     * Forces a file's content to disk.
     *
     * @param channel of the file, open for writing
     * @throws IOException if that fails
     */
    public static void force(FileChannel channel) throws IOException {
        // An interrupted thread would close the channel instead.
        boolean interrupted = Thread.interrupted();
        try {
            channel.force(true);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Forces the names in a folder to disk, such as that of a file just moved there. Some systems cannot do that
     * (Windows, network folders). That is no error, because a move cannot be undone.
     *
     * @param folder an existing folder
     */
    public static void forceFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            force(channel);
        } catch (IOException | UnsupportedOperationException e) {
            // See above.
        }
    }

    /** Forces all files of a tree to disk, and the names in its folders. */
    static void forceTree(Path tree) throws IOException {
        List<Path> paths;
        try (Stream<Path> walk = Files.walk(tree)) {
            paths = walk.toList();
        }
        for (Path path : paths) {
            if (Files.isDirectory(path)) {
                forceFolder(path);
            } else {
                try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                    force(channel);
                }
            }
        }
    }
}
