package io.github.unipic.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/** Waits until what was written is on the disk itself, so that it is there after a power cut; and says what fits. */
public final class Disk {
    private Disk() {}

    /**
     * The room that is left for this user.
     *
     * @param path that need not exist: the disk is that of its nearest folder that does
     * @return bytes
     * @throws IOException if the disk does not say
     */
    public static long room(Path path) throws IOException {
        Path folder = path.toAbsolutePath().normalize();
        while (folder.getParent() != null && !Files.exists(folder)) {
            folder = folder.getParent();
        }
        return Files.getFileStore(folder).getUsableSpace();
    }

    /**
     * Forces a file's content.
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
     * Forces the names in a folder, such as that of a file just moved there. Some systems cannot (Windows, network
     * folders), and then it is left to them: what was moved cannot be taken back.
     *
     * @param folder that exists
     */
    public static void forceFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            force(channel);
        } catch (IOException | UnsupportedOperationException e) {
            // Left to the system.
        }
    }

    /** Forces all files of a tree, and the names in its folders. */
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
