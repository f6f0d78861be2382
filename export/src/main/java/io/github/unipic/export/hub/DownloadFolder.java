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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A checkpoint's folder while it is downloaded. Beside the files there is a hidden folder: in it each unfinished file,
 * named with its hash so that it is continued only with the same content, the list of files that were verified, and of
 * a finished download what it was of. Everything survives a kill. One process works in a folder at a time.
 */
final class DownloadFolder implements AutoCloseable {
    private static final String STATE = ".unipic-download";
    private static final String LIST = "verified";
    private static final String SOURCE = "source";
    private static final String FOUND = "found ";
    private static final Pattern ENTRY = Pattern.compile(
            "([0-9a-f]{40,64}) (\\d{1,18}) (\\d{1,18}) (" + FOUND + ")?((?:\\w[\\w.-]{0,99}/)?\\w[\\w.-]{0,199})");
    private static final Pattern PART = Pattern.compile("[\\w.-]+(~[\\w.-]+)*\\.[0-9a-f]{40,64}\\.part");
    private static final long LONGEST_LIST = 1 << 20;
    private static final long LONGEST_SOURCE = 1 << 10;

    private final Path folder;
    private final Path state;
    private final FileChannel lock;
    private final Map<String, Entry> verified = new HashMap<>();

    /**
     * A file as it was when it was verified.
     *
     * @param found whether it was there already, so that it may be the user's
     */
    private record Entry(String hash, long size, long modified, boolean found) {
        static Entry of(Path file, RemoteFile content, boolean found) throws IOException {
            return new Entry(
                    content.hash().hex(),
                    Files.size(file),
                    Files.getLastModifiedTime(file).toMillis(),
                    found);
        }

        boolean isAsIn(Path file) throws IOException {
            return DownloadFolder.size(file) == size
                    && Files.getLastModifiedTime(file).toMillis() == modified;
        }

        String line(String path) {
            return hash + " " + size + " " + modified + " " + (found ? FOUND : "") + path + "\n";
        }
    }

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
                        entry.group(5),
                        new Entry(
                                entry.group(1),
                                Long.parseLong(entry.group(2)),
                                Long.parseLong(entry.group(3)),
                                entry.group(4) != null)));
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

    /** Whether a file, or what it is a link to, can get another name here instead of a copy. */
    boolean isOnDiskOf(Path file) throws IOException {
        return Disk.isSame(file.toRealPath(), folder);
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
                && entry.size() == file.size()
                && entry.isAsIn(file(path));
    }

    /** Whether it came by a download of ours, and so may be replaced. */
    synchronized boolean isOurs(String path) {
        Entry entry = verified.get(path);
        return entry != null && !entry.found();
    }

    /** Whether there is a file that may be the user's: none of ours, or changed since. */
    synchronized boolean mayBeTheUsers(String path) throws IOException {
        return Files.isRegularFile(file(path)) && !isUnchanged(path);
    }

    private boolean isUnchanged(String path) throws IOException {
        return isOurs(path)
                && Files.isRegularFile(file(path), LinkOption.NOFOLLOW_LINKS)
                && verified.get(path).isAsIn(file(path));
    }

    /** Notes that a file that is there already has this content. */
    synchronized void found(String path, RemoteFile file) throws IOException {
        note(path, Entry.of(file(path), file, !isOurs(path)));
    }

    private void writeList() throws IOException {
        AtomicFile.write(state.resolve(LIST), out -> {
            for (Map.Entry<String, Entry> each : new TreeMap<>(verified).entrySet()) {
                out.write(each.getValue().line(each.getKey()).getBytes(StandardCharsets.UTF_8));
            }
        });
    }

    /** Moves a part that is finished, verified and on the disk itself to its place, in one step. */
    void finish(String path, RemoteFile file) throws IOException {
        Path target = file(path);
        Files.createDirectories(target.getParent());
        // Before the move, or after a kill in between it would count as found.
        note(path, Entry.of(part(path, file), file, false));
        Files.move(part(path, file), target, StandardCopyOption.ATOMIC_MOVE);
        Disk.forceFolder(target.getParent());
    }

    private synchronized void note(String path, Entry entry) throws IOException {
        verified.put(path, entry);
        writeList();
    }

    /** Deletes what earlier downloads brought and is unchanged since, and forgets the rest, except what is wanted. */
    synchronized void keepOnly(Predicate<String> wanted) throws IOException {
        List<String> others =
                verified.keySet().stream().filter(wanted.negate()).sorted().toList();
        for (String path : others) {
            if (isUnchanged(path)) {
                Files.delete(file(path));
            }
        }
        if (verified.keySet().removeAll(others)) {
            writeList();
        }
    }

    /** Notes that files of this commit come, so that until the end the folder holds no whole download. */
    void begin(String repository, String revision, String commit) throws IOException {
        if (!source(folder).equals(Optional.of(line(repository, revision, commit)))) {
            Files.deleteIfExists(state.resolve(SOURCE));
        }
    }

    /** Notes what the folder holds, now that all has come. */
    void complete(String repository, String revision, String commit) throws IOException {
        AtomicFile.write(
                state.resolve(SOURCE),
                out -> out.write(line(repository, revision, commit).getBytes(StandardCharsets.UTF_8)));
    }

    private static String line(String repository, String revision, String commit) {
        return repository + " " + revision + " " + commit;
    }

    private static Optional<String> source(Path folder) throws IOException {
        Path file = folder.resolve(STATE).resolve(SOURCE);
        return size(file) < 0 || size(file) > LONGEST_SOURCE
                ? Optional.empty()
                : Optional.of(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
    }

    /**
     * Whether a folder is what a download of this revision made of it. One that no download was in is the user's, and
     * what the user says it is.
     *
     * @param revision a branch, a tag or a commit
     */
    static boolean holds(Path folder, String repository, String revision) {
        try {
            return !Files.exists(folder.resolve(STATE).resolve(LIST))
                    || source(folder)
                            .filter(line -> line.startsWith(line(repository, revision, ""))
                                    || line.startsWith(repository + " ") && line.endsWith(" " + revision))
                            .isPresent();
        } catch (IOException e) {
            return false;
        }
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
