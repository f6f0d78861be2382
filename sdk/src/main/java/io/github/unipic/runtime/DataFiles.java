package io.github.unipic.runtime;

import com.sun.jna.Memory;
import io.github.unipic.ModelFormatException;
import io.github.unipic.model.ModelFolder;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The weight files of a model folder. Each is in memory while a graph that refers to it is open. Thread-safe. */
final class DataFiles {
    private static final int BLOCK = 64 << 20;

    /** The alignment of weights in their file. In memory they are aligned as if the file were mapped. */
    private static final int PAGE = 4096;

    private final ModelFolder folder;
    private final Map<String, Shared> files = new HashMap<>();

    private static final class Shared {
        private final Memory whole;
        private final Memory content;
        private int graphs;

        Shared(long bytes) {
            whole = new Memory(Math.max(bytes, 1) + PAGE);
            // Of the file's size, against which the offsets in a graph are checked.
            content = (Memory) whole.align(PAGE).share(0, bytes);
        }
    }

    DataFiles(ModelFolder folder) {
        this.folder = folder;
    }

    /**
     * The file's content, to be {@linkplain #release released}. Not in Java's own memory, whose limits are set for
     * other things than a model's weights.
     *
     * @throws ModelFormatException when it cannot be read
     */
    synchronized Memory acquire(String name) {
        Shared file = files.computeIfAbsent(name, missing -> read(folder.path().resolve(missing)));
        file.graphs++;
        return file.content;
    }

    synchronized void release(String name) {
        Shared file = files.get(name);
        file.graphs--;
        if (file.graphs == 0) {
            files.remove(name);
            file.whole.close();
        }
    }

    private Shared read(Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            long bytes =
                    folder.manifest().files().get(file.getFileName().toString()).bytes();
            Shared shared = new Shared(bytes);
            try {
                for (long at = 0; at < bytes; ) {
                    ByteBuffer block = shared.content.getByteBuffer(at, Math.min(BLOCK, bytes - at));
                    int read = channel.read(block, at);
                    if (read < 0) {
                        throw new EOFException("it ends after " + at + " of " + bytes + " bytes");
                    }
                    at += read;
                }
                return shared;
            } catch (IOException | RuntimeException | Error e) {
                shared.whole.close();
                throw e;
            }
        } catch (IOException e) {
            throw new ModelFormatException(
                    "The weights in " + file + " cannot be read (" + e + "); export or copy the model again.", e);
        }
    }
}
