package io.github.unipic.export.hub;

import io.github.unipic.OutputException;
import io.github.unipic.files.AtomicFile;
import io.github.unipic.files.Disk;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A checkpoint's folder while it is downloaded. Beside the files there is a hidden folder: in it each unfinished file,
 * named with its hash so that it is continued only with the same content, and the list of files that were verified.
 * Everything survives a kill. One process works in a folder at a time.
 */
final class DownloadFolder implements AutoCloseable {
    private static final String STATE = ".unipic-download";
    private static final String LIST = "verified";
    private static final Pattern ENTRY = Pattern.compile("([0-9a-f]{40,64}) (\\d{1,18}) (\\d{1,18}) (.{1,300})");
    private static final Pattern PART = Pattern.compile("[\\w.-]+(~[\\w.-]+)*\\.[0-9a-f]{40,64}\\.part");
    private static final long LONGEST_LIST = 1 << 20;

    private final Path folder;
    private final Path state;
    private final FileChannel lock;
    private final Map<String, Entry> verified = new HashMap<>();

    /** A file as it was when it was verified. */
    private record Entry(String hash, long size, long modified) {}

    private DownloadFolder(Path folder, Path state, FileChannel lock) {
        this.folder = folder;
        this.state = state;
        this.lock = lock;
    }

    /** @throws DownloadException if another process downloads to it */
    static DownloadFolder open(Path output) {
        Path state = output.resolve(STATE);
        try {
            Files.createDirectories(state);
            FileChannel lock =
                    FileChannel.open(state.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!lock(lock)) {
                lock.close();
                throw new DownloadException(
                        "another download to " + output + " is in progress; wait for it, or use another --out");
            }
            DownloadFolder folder = new DownloadFolder(output, state, lock);
            folder.readList();
            return folder;
        } catch (IOException e) {
            throw failed(output, e);
        }
    }

    /** Where files cannot be locked (some network drives), it is left to the user. */
    private static boolean lock(FileChannel channel) {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false; // By this process.
        } catch (IOException e) {
            return true;
        }
    }

    static OutputException failed(Path file, IOException e) {
        return new OutputException(
                file + " cannot be written",
                e,
                "make room there, or use another --out; what has arrived is kept, so run the same command again");
    }

    private void readList() throws IOException {
        Path list = state.resolve(LIST);
        if (!Files.isRegularFile(list) || Files.size(list) > LONGEST_LIST) {
            return;
        }
        new String(Files.readAllBytes(list), StandardCharsets.UTF_8)
                .lines()
                .map(ENTRY::matcher)
                .filter(Matcher::matches)
                .forEach(entry -> verified.put(
                        entry.group(4),
                        new Entry(entry.group(1), Long.parseLong(entry.group(2)), Long.parseLong(entry.group(3)))));
    }

    /** When a file last came to a folder. */
    static Instant changed(Path folder) {
        try {
            return Files.getLastModifiedTime(folder.resolve(STATE).resolve(LIST))
                    .toInstant();
        } catch (IOException e) {
            return Instant.EPOCH; // No download was here.
        }
    }

    Path file(String path) {
        return folder.resolve(path);
    }

    /** Of the path too, since two files may have the same content. */
    Path part(String path, RemoteFile file) {
        return state.resolve(path.replace('/', '~') + "." + file.hash().hex() + ".part");
    }

    /** How many bytes are there: finished, or to be continued. By size, unverified. */
    long there(String path, RemoteFile file) {
        long finished = size(file(path));
        return finished == file.size() ? finished : Math.min(Math.max(size(part(path, file)), 0), file.size());
    }

    private static long size(Path file) {
        try {
            return Files.isRegularFile(file) ? Files.size(file) : -1;
        } catch (IOException e) {
            return -1;
        }
    }

    /** Whether a file is as it was when it was found to have this content. */
    synchronized boolean isVerified(String path, RemoteFile file) throws IOException {
        Entry entry = verified.get(path);
        return entry != null
                && entry.hash().equals(file.hash().hex())
                && size(file(path)) == file.size()
                && entry.equals(entry(path, file));
    }

    /** Whether it came by a download of ours, and so may be replaced. */
    synchronized boolean isOurs(String path) {
        return verified.containsKey(path);
    }

    /** Notes that a file has this content. */
    synchronized void verified(String path, RemoteFile file) throws IOException {
        verified.put(path, entry(path, file));
        AtomicFile.write(state.resolve(LIST), out -> {
            for (Map.Entry<String, Entry> each : new TreeMap<>(verified).entrySet()) {
                Entry entry = each.getValue();
                out.write((entry.hash() + " " + entry.size() + " " + entry.modified() + " " + each.getKey() + "\n")
                        .getBytes(StandardCharsets.UTF_8));
            }
        });
    }

    private Entry entry(String path, RemoteFile file) throws IOException {
        return new Entry(
                file.hash().hex(),
                Files.size(file(path)),
                Files.getLastModifiedTime(file(path)).toMillis());
    }

    /** Moves a part that is finished, verified and on the disk itself to its place, in one step. */
    void finish(String path, RemoteFile file) throws IOException {
        Path target = file(path);
        Files.createDirectories(target.getParent());
        Files.move(part(path, file), target, StandardCopyOption.ATOMIC_MOVE);
        Disk.forceFolder(target.getParent());
        verified(path, file);
    }

    /** Deletes what is left of unfinished files, all that are needed being finished. */
    void removeParts() throws IOException {
        try (Stream<Path> children = Files.list(state)) {
            for (Path child : children.toList()) {
                if (PART.matcher(child.getFileName().toString()).matches()
                        && Files.isRegularFile(child, LinkOption.NOFOLLOW_LINKS)) {
                    Files.delete(child);
                }
            }
        }
    }

    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            // The process ends the lock at the latest.
        }
    }
}
