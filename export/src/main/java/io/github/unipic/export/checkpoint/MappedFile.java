package io.github.unipic.export.checkpoint;

import io.github.unipic.export.ExportException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/** A read-only file of any size, read through a bounded number of memory-mapped windows. Thread-safe. */
final class MappedFile implements AutoCloseable {
    /** Windows start at multiples of this; a power of two. */
    static final long WINDOW = 64L << 20;
    /** Windows overlap by this much, so that an element that is not aligned never straddles two. */
    private static final int OVERLAP = 8;
    /**
     * Enough that a transposed view of the largest matrix (a vocabulary's embeddings) stays mapped while it is read.
     */
    private static final int WINDOWS_KEPT = 8;

    /** Bytes of the file from {@code start} on, little-endian. */
    record Window(long start, ByteBuffer bytes) {
        boolean holds(long position, int length) {
            return position >= start && position + length <= start + bytes.limit();
        }
    }

    private final Path path;
    private final FileChannel channel;
    private final long size;
    private final Map<Long, Window> windows = new LinkedHashMap<>(WINDOWS_KEPT, 0.75f, true);
    private int dropped;

    private MappedFile(Path path, FileChannel channel, long size) {
        this.path = path;
        this.channel = channel;
        this.size = size;
    }

    static MappedFile open(Path path) {
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            try {
                return new MappedFile(path, channel, channel.size());
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw new ExportException("cannot read " + path + " (" + e + "); check that it is a readable file", e);
        }
    }

    Path path() {
        return path;
    }

    /** The file's own name, for messages. */
    String name() {
        return String.valueOf(path.getFileName());
    }

    long size() {
        return size;
    }

    /** Copies a small chunk, such as a header; the caller has checked that it is inside the file. */
    byte[] copy(long position, int length) {
        ByteBuffer chunk = ByteBuffer.allocate(length);
        try {
            while (chunk.hasRemaining()) {
                if (channel.read(chunk, position + chunk.position()) < 0) {
                    throw truncated();
                }
            }
        } catch (IOException e) {
            throw unreadable(e);
        }
        return chunk.array();
    }

    /** A window that holds at least the element of up to eight bytes at {@code position}. */
    synchronized Window window(long position) {
        if (!channel.isOpen()) {
            throw new ExportException(
                    "cannot read " + path + ": the checkpoint is closed; read tensors before closing");
        }
        checkSize();
        long index = position / WINDOW;
        Window window = windows.get(index);
        if (window == null) {
            dropEldest();
            window = map(index * WINDOW);
            windows.put(index, window);
        }
        return window;
    }

    /** Reading mapped pages that are no longer in the file is undefined, so check that they are. */
    private void checkSize() {
        try {
            if (channel.size() < size) {
                throw truncated();
            }
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private void dropEldest() {
        if (windows.size() == WINDOWS_KEPT) {
            windows.remove(windows.keySet().iterator().next());
            // Java unmaps a window when it is collected, and mappings alone cause no collection: without this the
            // entire checkpoint would become resident. One collection of a small heap every half gigabyte costs almost
            // nothing.
            if (++dropped % WINDOWS_KEPT == 0) {
                System.gc();
            }
        }
    }

    private Window map(long start) {
        try {
            ByteBuffer bytes =
                    channel.map(FileChannel.MapMode.READ_ONLY, start, Math.min(WINDOW + OVERLAP, size - start));
            return new Window(start, bytes.order(ByteOrder.LITTLE_ENDIAN));
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private ExportException truncated() {
        return new ExportException(path + " was cut short while it was read; leave it alone and start again");
    }

    private ExportException unreadable(IOException e) {
        return new ExportException("cannot read " + path + " (" + e + ")", e);
    }

    @Override
    public synchronized void close() {
        windows.clear();
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
