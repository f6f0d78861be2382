package io.github.unipic.export.hub;

import io.github.unipic.export.checkpoint.HubCacheLayout;
import io.github.unipic.export.hub.HubClient.Content;
import io.github.unipic.export.hub.HubClient.RangeRefused;
import io.github.unipic.export.hub.NeededFiles.Wanted;
import io.github.unipic.files.ByteSize;
import io.github.unipic.files.Disk;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;

/** Brings one file to its place, verified: it is there already, or in Hugging Face's cache, or the hub sends it. */
final class Transfer {
    private static final int BUFFER = 1 << 20;

    /** Less than this is no progress: a connection that ends again and again at once must not be tried for ever. */
    private static final long PROGRESS = 1 << 16;

    private final HubClient hub;
    private final Patience patience;
    private final DownloadFolder folder;
    private final Path cache;
    private final Meter meter;
    private final Wanted wanted;
    private final RemoteFile file;
    private final Path target;
    private final Path part;

    /** How much of the part is in the digest. */
    private long position;

    private MessageDigest digest;

    Transfer(HubClient hub, Patience patience, DownloadFolder folder, Path cache, Meter meter, Wanted wanted) {
        this.hub = hub;
        this.patience = patience;
        this.folder = folder;
        this.cache = cache;
        this.meter = meter;
        this.wanted = wanted;
        this.file = wanted.file();
        this.target = folder.file(wanted.path());
        this.part = folder.part(wanted.path(), file);
    }

    /** Bytes that need not be fetched, judged by sizes. */
    static long there(DownloadFolder folder, Path cache, Wanted wanted) {
        long there = folder.there(wanted.path(), wanted.file());
        return there == wanted.file().size() || cached(cache, wanted).isEmpty()
                ? there
                : wanted.file().size();
    }

    /** Bytes that are not fetched, but need room: of a file in the cache on another disk, which is copied. */
    static long copied(DownloadFolder folder, Path cache, Wanted wanted) throws IOException {
        long there = folder.there(wanted.path(), wanted.file());
        Optional<Path> blob = cached(cache, wanted);
        return there == wanted.file().size() || blob.isEmpty() || folder.isOnDiskOf(blob.get())
                ? 0
                : wanted.file().size() - there;
    }

    private static Optional<Path> cached(Path cache, Wanted wanted) {
        return HubCacheLayout.file(
                        cache,
                        wanted.from().name(),
                        wanted.from().commit(),
                        wanted.file().path(),
                        wanted.file().hash().hex())
                .filter(blob -> {
                    try {
                        return Files.size(blob) == wanted.file().size();
                    } catch (IOException e) {
                        return false;
                    }
                });
    }

    void run() throws InterruptedException {
        try {
            if (folder.isVerified(wanted.path(), file)) {
                moveTo(file.size());
            } else if (!isThere() && !isInCache()) {
                download();
            }
        } catch (IOException e) {
            throw DownloadFolder.failed(target, e);
        }
    }

    private boolean isThere() throws IOException, InterruptedException {
        if (!Files.exists(target)) {
            return false;
        }
        if (hasContent(target)) {
            folder.found(wanted.path(), file);
            return true;
        }
        if (!folder.isOurs(wanted.path())) {
            throw new DownloadException(target + " is there, but is not " + file.path() + " of "
                    + wanted.from().name() + " (" + ByteSize.of(file.size()) + ") at commit "
                    + wanted.from().commit() + "; move it away, or use another --out");
        }
        return false;
    }

    private boolean hasContent(Path existing) throws IOException, InterruptedException {
        restart();
        if (!Files.isRegularFile(existing) || Files.size(existing) != file.size()) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(existing, StandardOpenOption.READ)) {
            digest(channel, Optional.empty());
        }
        if (isWhole()) {
            return true;
        }
        restart();
        return false;
    }

    /** Whether the digest is of the whole content. */
    private boolean isWhole() {
        return position == file.size() && file.hash().isOf(digest);
    }

    /** Another name for the same bytes on the disk or, where that is not possible, a copy. */
    private boolean isInCache() throws IOException, InterruptedException {
        Optional<Path> blob = cached(cache, wanted);
        // Looked at before the part is touched: if this is damaged, the part goes on.
        if (blob.isEmpty() || !hasContent(blob.get())) {
            return false;
        }
        Files.deleteIfExists(part);
        try {
            // The blob itself may be a link, and a name for that would be no more than a link.
            Files.createLink(part, blob.get().toRealPath());
        } catch (IOException | UnsupportedOperationException e) {
            if (!copy(blob.get())) {
                return false;
            }
        }
        folder.finish(wanted.path(), file);
        return true;
    }

    /** Copies a file to the part and forces it to disk; deletes it again if it then has other content. */
    boolean copy(Path blob) throws IOException, InterruptedException {
        restart();
        Files.deleteIfExists(part);
        try (FileChannel from = FileChannel.open(blob, StandardOpenOption.READ);
                FileChannel to = FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            digest(from, Optional.of(to));
            Disk.force(to);
        }
        if (isWhole()) {
            return true;
        }
        discard();
        return false;
    }

    private void download() throws IOException, InterruptedException {
        Retries retries = new Retries(patience);
        continuePart();
        boolean continued = position > 0;
        while (true) {
            long before = position;
            try {
                receive();
                if (file.hash().isOf(digest)) {
                    folder.finish(wanted.path(), file);
                    return;
                }
                discard();
                if (!continued) {
                    throw new DownloadException(
                            file.path() + " of " + wanted.from().name()
                                    + " arrived with another content than the hub states (by its hash), and was deleted; run the"
                                    + " same command again, and if it happens again, use another network or HF_ENDPOINT");
                }
                // What was continued may have been damaged, by a power cut for example.
                continued = false;
            } catch (RangeRefused e) {
                discard();
                continued = false;
            } catch (PassingFailure e) {
                if (position - before >= PROGRESS) {
                    retries.progressed();
                }
                retries.pause(e);
            }
        }
    }

    /** Takes what an earlier try has left into the digest. */
    private void continuePart() throws IOException, InterruptedException {
        restart();
        if (!Files.exists(part)) {
            return;
        }
        if (Files.size(part) > file.size()) {
            discard();
            return;
        }
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.READ)) {
            digest(channel, Optional.empty());
        }
    }

    /** Takes a file into the digest from the position on, and puts it into a copy. */
    private void digest(FileChannel channel, Optional<FileChannel> copy) throws IOException, InterruptedException {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        long end = Math.min(channel.size(), file.size());
        while (position < end && channel.read(buffer.clear()) >= 0) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            buffer.flip();
            if (copy.isPresent()) {
                write(buffer.duplicate(), copy.get());
            }
            long bytes = buffer.remaining();
            digest.update(buffer);
            moveTo(position + bytes);
        }
    }

    private static void write(ByteBuffer buffer, FileChannel channel) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private void restart() {
        digest = file.hash().begin(file.size());
        moveTo(0);
    }

    private void discard() throws IOException {
        // Not cut to nothing: it may be another name of a file in the cache.
        Files.deleteIfExists(part);
        restart();
    }

    /** Everything from the position on. */
    private void receive() throws IOException, InterruptedException {
        if (position == file.size() && Files.exists(part)) {
            return;
        }
        URI address = hub.address(wanted.from(), file);
        try (Content content = hub.open(wanted.from(), file, position)) {
            if (content.offset() != position) {
                discard();
            }
            try (FileChannel channel = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                channel.position(position);
                Optional<List<ByteBuffer>> bytes;
                while ((bytes = hub.next(content.body(), address, file.path())).isPresent()) {
                    for (ByteBuffer buffer : bytes.get()) {
                        receive(buffer, channel);
                    }
                }
                Disk.force(channel);
            }
        }
        if (position < file.size()) {
            throw new PassingFailure(
                    address.getHost() + " sent only " + ByteSize.of(position) + " of the " + ByteSize.of(file.size())
                            + " of " + file.path() + "; what has arrived is kept: run the same command again",
                    Optional.empty());
        }
    }

    private void receive(ByteBuffer buffer, FileChannel channel) throws IOException {
        long bytes = buffer.remaining();
        if (bytes > file.size() - position) {
            discard();
            throw new DownloadException(
                    "the hub sends more than the " + ByteSize.of(file.size()) + " that it states of " + file.path()
                            + "; if HF_ENDPOINT is set, use another hub, and otherwise try again later");
        }
        write(buffer.duplicate(), channel);
        digest.update(buffer);
        meter.received(bytes);
        moveTo(position + bytes);
    }

    private void moveTo(long newPosition) {
        meter.moved(newPosition - position);
        position = newPosition;
    }
}
