package io.github.unipic.export.onnx;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.LongConsumer;

/** Little-endian values on their way to a stream, in chunks, with each chunk reported. Not thread-safe. */
public final class ChunkedOutput {
    /** Each tensor gets a chunk of its own, and most tensors are small: a larger one would take longer to clear. */
    private static final int CHUNK_BYTES = 1 << 18;

    private final OutputStream out;
    private final LongConsumer written;
    private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    /** @param written is notified of the bytes of each chunk */
    ChunkedOutput(OutputStream out, LongConsumer written) {
        this.out = out;
        this.written = written;
    }

    void putByte(int value) throws IOException {
        room(Byte.BYTES).put((byte) value);
    }

    void putBytes(byte[] values) throws IOException {
        for (int first = 0; first < values.length; ) {
            int count = Math.min(values.length - first, room(Byte.BYTES).remaining());
            chunk.put(values, first, count);
            first += count;
        }
    }

    void putShort(short value) throws IOException {
        room(Short.BYTES).putShort(value);
    }

    void putFloat(float value) throws IOException {
        room(Float.BYTES).putFloat(value);
    }

    void flush() throws IOException {
        out.write(chunk.array(), 0, chunk.position());
        written.accept(chunk.position());
        chunk.clear();
    }

    private ByteBuffer room(int bytes) throws IOException {
        if (chunk.remaining() < bytes) {
            flush();
        }
        return chunk;
    }
}
