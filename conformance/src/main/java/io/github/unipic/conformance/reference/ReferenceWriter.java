package io.github.unipic.conformance.reference;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.UUID;

/**
 * Writes a safetensors file tensor by tensor. Its header stands before the data and tells their places, so the data
 * wait in a file of their own; closing without {@link #finish} leaves nothing.
 */
public final class ReferenceWriter implements AutoCloseable {
    private final Path target;
    private final Path dataFile;
    private final FileChannel data;
    private final ObjectNode header = new JsonMapper().createObjectNode();

    /** @param target whose folder exists */
    public ReferenceWriter(Path target) throws IOException {
        this.target = target.toAbsolutePath();
        this.dataFile = beside();
        this.data = FileChannel.open(
                dataFile, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /** A name in the target's folder; not Java's temporary files, which nobody else may read. */
    private Path beside() {
        return target.resolveSibling("." + target.getFileName() + "-" + UUID.randomUUID() + ".tmp");
    }

    public void floats(String key, float[] values, long... shape) throws IOException {
        ByteBuffer bytes = allocate(values.length, Float.BYTES);
        bytes.asFloatBuffer().put(values);
        tensor(key, "F32", bytes, shape);
    }

    public void longs(String key, long[] values, long... shape) throws IOException {
        ByteBuffer bytes = allocate(values.length, Long.BYTES);
        bytes.asLongBuffer().put(values);
        tensor(key, "I64", bytes, shape);
    }

    private static ByteBuffer allocate(int count, int size) {
        return ByteBuffer.allocate(Math.multiplyExact(count, size)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void tensor(String key, String type, ByteBuffer bytes, long[] shape) throws IOException {
        long begin = data.position();
        while (bytes.hasRemaining()) {
            data.write(bytes);
        }
        ObjectNode entry = header.putObject(key).put("dtype", type);
        for (long size : shape) {
            entry.withArray("shape").add(size);
        }
        entry.putArray("data_offsets").add(begin).add(data.position());
    }

    /** Puts the file together under its name, in place of an earlier one. */
    public void finish(Map<String, String> metadata) throws IOException {
        ObjectNode texts = header.putObject("__metadata__");
        metadata.forEach(texts::put);
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        Path whole = beside();
        try {
            try (FileChannel out = FileChannel.open(whole, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                ByteBuffer start = ByteBuffer.allocate(Long.BYTES + json.length)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(json.length)
                        .put(json)
                        .flip();
                while (start.hasRemaining()) {
                    out.write(start);
                }
                long length = data.position();
                for (long done = 0; done < length; ) {
                    done += data.transferTo(done, length - done, out);
                }
            }
            Files.move(whole, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(whole);
        }
    }

    @Override
    public void close() throws IOException {
        data.close();
        Files.deleteIfExists(dataFile);
    }
}
