package io.github.unipic.batch;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.files.AtomicFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The manifest of a batch, or of a shard of it: {@code manifest.jsonl} or {@code manifest-3-of-8.jsonl} in its folder,
 * a {@link ManifestLine} for each result, in the order in which they were added. Locked while a {@link BatchFolder} is
 * open. Opening and reading change nothing, because the file may belong to another program.
 */
final class BatchManifest implements AutoCloseable {
    static final String NAME = "manifest.jsonl";

    private static final Pattern OF_SHARD = Pattern.compile("manifest-(\\d{1,6})-of-(\\d{1,6})\\.jsonl");

    /** The longest line in bytes: longer than the longest prompt or stop sequences with all characters escaped. */
    private static final int MAX_LINE_BYTES = 8 << 20;

    private static final int BUFFER = 1 << 16;

    /** The byte that is locked, beyond any content: on Windows nobody else can read locked bytes. */
    private static final long LOCKED = Long.MAX_VALUE - 1;

    /**
     * Those that this process has open. Their files must not be opened again, not even to read them: closing any
     * channel of a file ends the process's locks on it (POSIX). Who opens or closes a manifest's file synchronizes on
     * this.
     */
    private static final Map<Object, BatchManifest> OPEN = new HashMap<>();

    private final Path file;
    private Object key;
    private FileChannel channel;

    private BatchManifest(Path file, FileChannel channel) throws IOException {
        this.file = file;
        use(channel);
    }

    /** @param locked of the file */
    private void use(FileChannel locked) throws IOException {
        channel = locked;
        key = key(file);
        OPEN.put(key, this);
    }

    /** The manifest of a shard. */
    static Path of(Path folder, Shard shard) {
        return folder.resolve(
                shard.count() == 1 ? NAME : "manifest-" + shard.number() + "-of-" + shard.count() + ".jsonl");
    }

    /** The shard whose manifest a file is; empty if its name does not say one. */
    static Optional<Shard> shard(Path file) {
        Matcher name = OF_SHARD.matcher(file.getFileName().toString());
        try {
            return name.matches() ? Optional.of(Shard.parse(name.group(1) + "/" + name.group(2))) : Optional.empty();
        } catch (InvalidRequestException e) {
            return Optional.empty(); // such as 9 of 8
        }
    }

    /** All manifests in a folder: that of the whole batch, if there is one, and then those of shards. */
    static List<Path> all(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> list = Files.newDirectoryStream(folder, "manifest*.jsonl")) {
            for (Path file : list) {
                if (OF_SHARD.matcher(file.getFileName().toString()).matches()) {
                    files.add(file);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        Collections.sort(files);
        Path whole = folder.resolve(NAME);
        if (Files.exists(whole, LinkOption.NOFOLLOW_LINKS)) {
            files.add(0, whole);
        }
        return files;
    }

    /**
     * Opens a manifest.
     *
     * @return empty if there is none
     * @throws InvalidRequestException if it is not a file, or another process uses it
     */
    static Optional<BatchManifest> open(Path file) throws IOException {
        synchronized (OPEN) {
            try {
                Object before = key(file);
                if (OPEN.containsKey(before)) {
                    throw busy(file);
                }
                FileChannel channel = locked(
                        file,
                        FileChannel.open(
                                file, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
                boolean same = false;
                try {
                    same = before.equals(key(file));
                } finally {
                    if (!same) {
                        channel.close();
                    }
                }
                if (!same) {
                    throw busy(file); // another process has just replaced it
                }
                return Optional.of(new BatchManifest(file, channel));
            } catch (NoSuchFileException e) {
                return Optional.empty();
            }
        }
    }

    /** Creates an empty manifest. */
    static BatchManifest create(Path file) throws IOException {
        synchronized (OPEN) {
            try {
                FileChannel channel = FileChannel.open(
                        file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
                return new BatchManifest(file, locked(file, channel));
            } catch (FileAlreadyExistsException e) {
                throw busy(file);
            }
        }
    }

    /**
     * What is equal for all paths of one file.
     *
     * @throws InvalidRequestException if it is not a file
     */
    private static Object key(Path file) throws IOException {
        BasicFileAttributes attributes =
                Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!attributes.isRegularFile()) {
            throw foreign(file + " is not a file");
        }
        Object key = attributes.fileKey();
        return key == null ? file.toRealPath() : key; // Windows has no keys
    }

    private static FileChannel locked(Path file, FileChannel channel) throws IOException {
        boolean locked = false;
        try {
            locked = channel.tryLock(LOCKED, 1, false) != null;
        } catch (OverlappingFileLockException e) {
            // locked by this class in another class loader
        } catch (IOException e) {
            locked = true; // some network folders have no locks; the user must know what runs there
        }
        if (!locked) {
            channel.close();
            throw busy(file);
        }
        return channel;
    }

    private static InvalidRequestException busy(Path file) {
        return new InvalidRequestException(
                "another unipic writes to " + file.getParent() + "; wait for it, or choose another folder");
    }

    /** @param what is wrong with the manifest */
    static InvalidRequestException foreign(String what) {
        return new InvalidRequestException(what + "; choose another folder, or move the manifest away: that"
                + " of a batch is then restored from its images");
    }

    /**
     * Reads a manifest, also while it is locked.
     *
     * @return its complete lines
     * @throws InvalidRequestException if it is not a file, or a line is not of a batch
     */
    static List<ManifestLine> read(Path file) throws IOException {
        List<ManifestLine> lines = new ArrayList<>();
        synchronized (OPEN) {
            BatchManifest open = OPEN.get(key(file));
            if (open != null) {
                open.read(lines::add);
            } else {
                try (FileChannel channel = FileChannel.open(file)) {
                    read(file, channel, lines::add);
                }
            }
        }
        return lines;
    }

    /**
     * Reads the manifest.
     *
     * @param lines is notified of each line, in the file's order
     * @return the incomplete last line that a killed process left; usually empty
     * @throws InvalidRequestException if a line is not of a batch
     */
    byte[] read(Consumer<ManifestLine> lines) throws IOException {
        boolean interrupted = Thread.interrupted(); // that would close the channel
        try {
            return read(file, channel, lines);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Leaves the channel's position alone: another thread may append. */
    private static byte[] read(Path file, FileChannel channel, Consumer<ManifestLine> lines) throws IOException {
        byte[] buffer = new byte[BUFFER];
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int number = 1;
        long position = 0;
        ByteBuffer target = ByteBuffer.wrap(buffer);
        for (int count = channel.read(target, position); count >= 0; count = channel.read(target.clear(), position)) {
            position += count;
            int first = 0;
            for (int next = 0; next < count; next++) {
                if (buffer[next] == '\n') {
                    extend(line, buffer, first, next, file, number);
                    int damaged = number;
                    lines.accept(ManifestLine.parse(line.toByteArray()).orElseThrow(() -> damaged(file, damaged)));
                    line.reset();
                    number++;
                    first = next + 1;
                }
            }
            extend(line, buffer, first, count, file, number);
        }
        return line.toByteArray();
    }

    private static void extend(ByteArrayOutputStream line, byte[] buffer, int from, int to, Path file, int number) {
        if (line.size() + to - from > MAX_LINE_BYTES) {
            throw damaged(file, number);
        }
        line.write(buffer, from, to - from);
    }

    private static InvalidRequestException damaged(Path file, int line) {
        return foreign(file + " line " + line + " is damaged, or not of a batch");
    }

    /** Deletes the file, and closes this. */
    void delete() throws IOException {
        synchronized (OPEN) {
            try {
                Files.delete(file);
            } catch (AccessDeniedException e) {
                close(); // Windows cannot delete an open file
                Files.delete(file);
            }
            close();
        }
    }

    /** The file. */
    Path file() {
        return file;
    }

    /** Cuts off the incomplete last line. */
    void cut(int bytes) throws IOException {
        channel.truncate(channel.size() - bytes);
        channel.force(true);
    }

    /** Appends lines and forces them to disk. A failure appends nothing. Thread-safe. */
    synchronized void append(List<ManifestLine> lines) throws IOException {
        long before = channel.size();
        try {
            channel.position(before);
            for (ManifestLine line : lines) {
                ByteBuffer bytes = ByteBuffer.wrap(bytes(line));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            }
            channel.force(true);
        } catch (IOException e) {
            try {
                channel.truncate(before);
            } catch (IOException half) {
                e.addSuppressed(half); // the next run cuts it off
            }
            throw e;
        }
    }

    /** Replaces all lines in one step. */
    void replace(Collection<ManifestLine> lines) throws IOException {
        AtomicFile.Content content = out -> {
            for (ManifestLine line : lines) {
                out.write(bytes(line));
            }
        };
        synchronized (OPEN) {
            try {
                AtomicFile.write(file, content);
            } catch (AccessDeniedException e) {
                close(); // Windows cannot replace an open file
                AtomicFile.write(file, content);
            }
            close();
            use(locked(file, FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)));
        }
    }

    private static byte[] bytes(ManifestLine line) {
        return (line + "\n").getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        synchronized (OPEN) {
            closeChannel();
            OPEN.remove(key, this);
        }
    }

    /** Not while a thread appends. */
    private synchronized void closeChannel() throws IOException {
        channel.close();
    }
}
