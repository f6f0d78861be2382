package io.github.unipic.conformance.reference;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.conformance.cases.Value.Recorder;
import io.github.unipic.files.AtomicFile;
import io.github.unipic.files.StagingFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/**
 * Writes a safetensors file tensor by tensor. Its header precedes the data and gives their offsets, so the data are
 * first written to a file of their own. Closing without {@link #finish} leaves nothing behind.
 */
public final class ReferenceWriter implements Recorder, AutoCloseable {
    private final Path target;
    private final StagingFile data;
    private final ObjectNode header = new JsonMapper().createObjectNode();

    /** @param target whose folder exists */
    public ReferenceWriter(Path target) throws IOException {
        this.target = target.toAbsolutePath();
        this.data = StagingFile.in(this.target.getParent());
    }

    @Override
    public void floats(String key, float[] values, long... shape) throws IOException {
        ByteBuffer bytes = allocate(values.length, Float.BYTES);
        bytes.asFloatBuffer().put(values);
        tensor(key, "F32", bytes, shape);
    }

    @Override
    public void longs(String key, long[] values, long... shape) throws IOException {
        ByteBuffer bytes = allocate(values.length, Long.BYTES);
        bytes.asLongBuffer().put(values);
        tensor(key, "I64", bytes, shape);
    }

    private static ByteBuffer allocate(int count, int size) {
        return ByteBuffer.allocate(Math.multiplyExact(count, size)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void tensor(String key, String type, ByteBuffer bytes, long[] shape) throws IOException {
        long begin = data.channel().position();
        while (bytes.hasRemaining()) {
            data.channel().write(bytes);
        }
        ObjectNode entry = header.putObject(key).put("dtype", type);
        for (long size : shape) {
            entry.withArray("shape").add(size);
        }
        entry.putArray("data_offsets").add(begin).add(data.channel().position());
    }

    /** Writes the header and the data to the target, replacing an earlier file. */
    public void finish(Map<String, String> metadata) throws IOException {
        ObjectNode texts = header.putObject("__metadata__");
        metadata.forEach(texts::put);
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(target, out -> {
            out.write(ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(json.length)
                    .array());
            out.write(json);
            WritableByteChannel rest = Channels.newChannel(out);
            long length = data.channel().position();
            for (long done = 0; done < length; ) {
                done += data.channel().transferTo(done, length - done, rest);
            }
        });
    }

    @Override
    public void close() throws IOException {
        data.close();
    }
}
