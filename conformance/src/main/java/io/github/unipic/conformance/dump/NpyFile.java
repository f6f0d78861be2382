package io.github.unipic.conformance.dump;

import io.github.unipic.runtime.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Writes tensors in NumPy's format 1.0: a magic number, a header that is a Python literal, and the elements. */
final class NpyFile {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};

    /** The elements begin at a multiple of this. */
    private static final int ALIGNMENT = 64;

    private NpyFile() {}

    static void write(Path file, Tensor tensor) throws IOException {
        String type = switch (tensor.type()) {
            case FLOAT -> "f4";
            case DOUBLE -> "f8";
            case FLOAT16 -> "f2";
            // NumPy has no bfloat16: its bits.
            case BFLOAT16 -> "u2";
            case INT64 -> "i8";
            case INT32 -> "i4";
            case INT16 -> "i2";
            case INT8 -> "i1";
            case UINT8 -> "u1";
            case BOOL -> "b1";
            default -> throw new IllegalArgumentException("NumPy has no " + tensor.type());
        };
        write(file, type, tensor.shape(), tensor.elements());
    }

    static void write(Path file, float[] values, long... shape) throws IOException {
        ByteBuffer elements = ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES));
        elements.order(ByteOrder.nativeOrder()).asFloatBuffer().put(values);
        write(file, "f4", shape, elements);
    }

    static void write(Path file, long[] values, long... shape) throws IOException {
        ByteBuffer elements = ByteBuffer.allocate(Math.multiplyExact(values.length, Long.BYTES));
        elements.order(ByteOrder.nativeOrder()).asLongBuffer().put(values);
        write(file, "i8", shape, elements);
    }

    /** @param elements row-major, in the machine's byte order */
    private static void write(Path file, String type, long[] shape, ByteBuffer elements) throws IOException {
        String order = type.endsWith("1") ? "|" : ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? "<" : ">";
        // A tuple of one ends with a comma.
        String axes = Arrays.stream(shape).mapToObj(axis -> axis + ",").collect(Collectors.joining(" "));
        String header = "{'descr': '" + order + type + "', 'fortran_order': False, 'shape': (" + axes + "), }";
        int used = MAGIC.length + Short.BYTES + header.length() + 1;
        String padded = header + " ".repeat((ALIGNMENT - used % ALIGNMENT) % ALIGNMENT) + "\n";
        ByteBuffer start = ByteBuffer.allocate(MAGIC.length + Short.BYTES + padded.length())
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(MAGIC)
                .putShort((short) padded.length())
                .put(padded.getBytes(StandardCharsets.US_ASCII))
                .flip();
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            writeAll(channel, start);
            writeAll(channel, elements);
        }
    }

    private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
