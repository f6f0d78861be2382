package io.github.unipic.export.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes a pickle instruction by instruction, valid or malicious. */
public final class PickleWriter {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    public PickleWriter() {
        op(0x80).op(2);
    }

    public PickleWriter op(int... bytes) {
        for (int b : bytes) {
            out.write(b);
        }
        return this;
    }

    private PickleWriter int32(int value) {
        out.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array());
        return this;
    }

    public PickleWriter line(String text) {
        out.writeBytes((text + "\n").getBytes(StandardCharsets.UTF_8));
        return this;
    }

    public PickleWriter global(String module, String name) {
        return op('c').line(module).line(name);
    }

    public PickleWriter text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        op('X').int32(bytes.length);
        out.writeBytes(bytes);
        return this;
    }

    public PickleWriter integer(long value) {
        if (value == (int) value) {
            return op('J').int32((int) value);
        }
        op(0x8a, 8);
        out.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array());
        return this;
    }

    public PickleWriter mark() {
        return op('(');
    }

    public PickleWriter tuple() {
        return op('t');
    }

    public PickleWriter integers(long... values) {
        mark();
        for (long value : values) {
            integer(value);
        }
        return tuple();
    }

    public PickleWriter dictionary() {
        return op('}');
    }

    public PickleWriter orderedDictionary() {
        return global("collections", "OrderedDict").op(')', 'R');
    }

    public PickleWriter setItems() {
        return op('u');
    }

    public PickleWriter storage(String type, String key, long elements) {
        int dot = type.lastIndexOf('.');
        return mark().text("storage")
                .global(type.substring(0, dot), type.substring(dot + 1))
                .text(key)
                .text("cpu")
                .integer(elements)
                .tuple()
                .op('Q');
    }

    /** The arguments that follow a storage, and the call. */
    public PickleWriter tensorOf(long offset, long[] shape, long[] strides) {
        return integer(offset)
                .integers(shape)
                .integers(strides)
                .op(0x89)
                .orderedDictionary()
                .tuple()
                .op('R');
    }

    public PickleWriter rebuildTensor() {
        return global("torch._utils", "_rebuild_tensor_v2").mark();
    }

    public byte[] stop() {
        op('.');
        return out.toByteArray();
    }
}
