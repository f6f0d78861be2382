package io.github.unipic.runtime;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.platform.Fp16Conversions;
import io.github.unipic.InferenceException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A tensor in native memory, of the host or of a device. Reading copies it; between graphs it stays where it is.
 * Immutable; its owner must close it.
 */
public final class Tensor implements AutoCloseable {
    private static final AtomicLong OPEN = new AtomicLong();

    private final OnnxTensor value;

    /** Copies the tensor to the host, if it is on a device, where Java cannot read it. */
    private final Optional<UnaryOperator<Tensor>> toHost;

    private final AtomicBoolean closed = new AtomicBoolean();

    /** A tensor in the host's memory. */
    Tensor(OnnxTensor value) {
        this(value, Optional.empty());
    }

    /** A tensor on a device; {@code toHost} makes a copy in the host's memory. */
    Tensor(OnnxTensor value, UnaryOperator<Tensor> toHost) {
        this(value, Optional.of(toHost));
    }

    private Tensor(OnnxTensor value, Optional<UnaryOperator<Tensor>> toHost) {
        this.value = value;
        this.toHost = toHost;
        OPEN.incrementAndGet();
    }

    /** The number of open tensors in this process, for leak checks. */
    public static long open() {
        return OPEN.get();
    }

    /** float32 values, row-major. */
    public static Tensor floats(float[] values, long... shape) {
        return floats(floatBuffer(values.length).put(values).flip(), shape);
    }

    /** float32 values that stay in {@code buffer}: direct, native order, as {@link #floatBuffer} makes it. */
    public static Tensor floats(FloatBuffer buffer, long... shape) {
        return make(() -> OnnxTensor.createTensor(OnnxRuntime.environment(), buffer, shape));
    }

    /** Values as float32 or float16. */
    static Tensor of(OnnxJavaType type, float[] values, long... shape) {
        if (type == OnnxJavaType.FLOAT) {
            return floats(values, shape);
        }
        ShortBuffer halves = bytes(values.length, Short.BYTES).asShortBuffer();
        for (float value : values) {
            halves.put(Fp16Conversions.floatToFp16(value));
        }
        return make(() -> OnnxTensor.createTensor(OnnxRuntime.environment(), halves.flip(), shape, type));
    }

    /** Values in the float type of this tensor, so that a graph takes them in its place. */
    public Tensor withValues(float[] values, long... shape) {
        return of(value.getInfo().type, values, shape);
    }

    /** A zero-dimensional float32. */
    public static Tensor scalar(double value) {
        return floats(new float[] {(float) value});
    }

    /** A zero-dimensional bool. */
    public static Tensor bool(boolean value) {
        ByteBuffer buffer = bytes(1, Byte.BYTES).put(0, (byte) (value ? 1 : 0));
        long[] shape = {};
        return make(() -> OnnxTensor.createTensor(OnnxRuntime.environment(), buffer, shape, OnnxJavaType.BOOL));
    }

    public static Tensor longs(long[] values, long... shape) {
        LongBuffer buffer = bytes(values.length, Long.BYTES).asLongBuffer();
        return make(() -> OnnxTensor.createTensor(
                OnnxRuntime.environment(), buffer.put(values).flip(), shape));
    }

    /** Rows of equal length as int64 [rows,length]. */
    public static Tensor longs(long[][] rows) {
        long[] flat = Arrays.stream(rows).flatMapToLong(Arrays::stream).toArray();
        return longs(flat, rows.length, rows[0].length);
    }

    /** A tensor without elements: at least one axis is 0. */
    public static Tensor empty(OnnxJavaType type, long... shape) {
        return make(() -> OnnxTensor.createTensor(OnnxRuntime.environment(), bytes(0, 1), shape, type));
    }

    /** Native memory for so many float32 values, to fill and pass to {@link #floats(FloatBuffer, long...)}. */
    public static FloatBuffer floatBuffer(int elements) {
        return bytes(elements, Float.BYTES).asFloatBuffer();
    }

    public long[] shape() {
        return value.getInfo().getShape();
    }

    /** The length of one axis. */
    public int dim(int axis) {
        return Math.toIntExact(shape()[axis]);
    }

    /** A copy of the elements as float32, whatever float type they have; row-major. */
    public float[] toFloats() {
        FloatBuffer buffer = read(OnnxTensor::getFloatBuffer);
        if (buffer.hasArray()) {
            return buffer.array(); // ONNX Runtime copies float32 elements into a new array
        }
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        return values;
    }

    /** A copy with another shape of the same number of elements; -1 stands for the remaining factor. */
    public Tensor reshape(long... shape) {
        ByteBuffer copy = elements();
        TensorInfo info = value.getInfo();
        long known = Arrays.stream(shape).filter(length -> length >= 0).reduce(1, Math::multiplyExact);
        long[] full = Arrays.stream(shape)
                .map(length -> length < 0 ? copy.remaining() / info.type.size / known : length)
                .toArray();
        ByteBuffer direct = bytes(copy.remaining(), 1).put(copy).flip();
        return make(() -> OnnxTensor.createTensor(OnnxRuntime.environment(), direct, full, info.type));
    }

    /** A copy of the first entries of the first axis. */
    Tensor first(int entries) {
        ByteBuffer all = elements();
        TensorInfo info = value.getInfo();
        long[] shape = shape();
        int size = all.remaining() / Math.toIntExact(shape[0]) * entries;
        shape[0] = entries;
        ByteBuffer direct = bytes(size, 1);
        direct.put(0, all, 0, size);
        return make(() -> OnnxTensor.createTensor(OnnxRuntime.environment(), direct, shape, info.type));
    }

    /** Reads the rows of each sequence of this [B,n,d]. The result does not depend on this tensor's life. */
    public Rows rows() {
        return new Rows(elements(), shape(), value.getInfo().type);
    }

    /** The rows of sequences [B,n,d], read once, however many parts are made of them. */
    public static final class Rows {
        private final ByteBuffer all;
        private final int sequences;
        private final int length;
        private final long width;
        private final OnnxJavaType type;

        private Rows(ByteBuffer all, long[] shape, OnnxJavaType type) {
            this.all = all;
            this.sequences = Math.toIntExact(shape[0]);
            this.length = Math.toIntExact(shape[1]);
            this.width = shape[2];
            this.type = type;
        }

        /** Rows {@code from} to {@code to} of each sequence, as a copy [B,to-from,d]. */
        public Tensor part(int from, int to) {
            return copy(from, to, sequences, to - from, width);
        }

        /** The last row of each sequence, as a copy [B,d]. */
        public Tensor last() {
            return copy(length - 1, length, sequences, width);
        }

        private Tensor copy(int from, int to, long... shape) {
            int sequenceBytes = all.remaining() / sequences;
            int rowBytes = sequenceBytes / length;
            int partBytes = (to - from) * rowBytes;
            ByteBuffer direct = bytes(sequences, partBytes);
            for (int sequence = 0; sequence < sequences; sequence++) {
                direct.put(sequence * partBytes, all, sequence * sequenceBytes + from * rowBytes, partBytes);
            }
            return make(() -> OnnxTensor.createTensor(OnnxRuntime.environment(), direct, shape, type));
        }
    }

    /** The opposite of {@link Rows#part}: joins tensors [B,n_i,d] to a copy [B,sum of n_i,d]. */
    public static Tensor join(List<Tensor> parts) {
        TensorInfo info = parts.get(0).value.getInfo();
        int sequences = parts.get(0).dim(0);
        int length = parts.stream().mapToInt(part -> part.dim(1)).sum();
        int width = parts.get(0).dim(2);
        int rowBytes = Math.multiplyExact(width, info.type.size);
        ByteBuffer all = bytes(Math.multiplyExact(sequences, length), rowBytes);
        int before = 0;
        for (Tensor part : parts) {
            ByteBuffer one = part.elements();
            int partBytes = part.dim(1) * rowBytes;
            for (int sequence = 0; sequence < sequences; sequence++) {
                all.put((sequence * length + before) * rowBytes, one, sequence * partBytes, partBytes);
            }
            before += part.dim(1);
        }
        long[] shape = {sequences, length, width};
        return make(() -> OnnxTensor.createTensor(OnnxRuntime.environment(), all, shape, info.type));
    }

    /** Stacks tensors [B_i,heads,n_i,d] to [sum of B_i,heads,length,d], padded with zeros after each n_i. */
    static Tensor stackPadded(List<Tensor> rows, int length) {
        TensorInfo info = rows.get(0).value.getInfo();
        int heads = rows.get(0).dim(1);
        int width = rows.get(0).dim(3);
        int sequences = rows.stream().mapToInt(row -> row.dim(0)).sum();
        long[] shape = {sequences, heads, length, width};
        long bytes = (long) sequences * heads * length * width * info.type.size;
        if (bytes > Integer.MAX_VALUE) {
            throw new InvalidRequestException("A context of " + length + " tokens is too long for " + sequences
                    + " sequences at once; ask for fewer images.");
        }
        ByteBuffer all = bytes((int) bytes, 1);
        int to = 0;
        for (Tensor row : rows) {
            ByteBuffer one = row.elements();
            int headCount = row.dim(0) * heads;
            int headBytes = one.remaining() / headCount;
            for (int head = 0; head < headCount; head++) {
                all.put(to, one, head * headBytes, headBytes);
                to += length * width * info.type.size;
            }
        }
        return make(() -> OnnxTensor.createTensor(OnnxRuntime.environment(), all, shape, info.type));
    }

    public OnnxJavaType type() {
        return value.getInfo().type;
    }

    /** A copy of the elements, row-major in the machine's byte order. */
    public ByteBuffer elements() {
        return read(OnnxTensor::getByteBuffer);
    }

    /** @param reader reads a tensor in the host's memory */
    private <T> T read(Function<OnnxTensor, T> reader) {
        if (toHost.isEmpty()) {
            return reader.apply(value);
        }
        try (Tensor copy = toHost.get().apply(this)) {
            return reader.apply(copy.value);
        }
    }

    /** @throws IllegalStateException when closed: ONNX Runtime would read freed memory, which may end the process */
    OnnxTensor value() {
        if (closed.get()) {
            throw new IllegalStateException("The tensor is closed.");
        }
        return value;
    }

    @Override
    public void close() {
        if (!closed.getAndSet(true)) {
            OPEN.decrementAndGet();
            value.close();
        }
    }

    private static ByteBuffer bytes(int elements, int size) {
        return ByteBuffer.allocateDirect(Math.multiplyExact(elements, size)).order(ByteOrder.nativeOrder());
    }

    private interface Maker {
        OnnxTensor make() throws OrtException;
    }

    private static Tensor make(Maker maker) {
        try {
            return new Tensor(maker.make());
        } catch (OrtException e) {
            throw new InferenceException("A tensor cannot be made: " + e.getMessage() + ".", e);
        }
    }
}
