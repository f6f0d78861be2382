package io.github.unipic.export.onnx;

import ai.onnxruntime.platform.Fp16Conversions;
import io.github.unipic.export.ExportException;
import io.github.unipic.export.checkpoint.CheckpointTensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;

/**
 * The {@code .data} files of an export: first every weight gets its place, so that graphs can refer to it, then all are
 * streamed from the checkpoint in bounded memory. A weight that several graphs use is stored once.
 */
public final class ExternalData {
    /** Tensors start on a page, so that a runtime can map each one where it lies. */
    private static final int ALIGNMENT = 4096;

    private static final int CHUNK_ELEMENTS = 1 << 20;
    private static final int TRANSPOSE_ELEMENTS = 1 << 24;
    private static final float FLOAT16_MAX = 65504f;

    /** How a tensor is laid out, compared to the checkpoint. */
    public enum Layout {
        AS_STORED,
        /** Rows and columns of a matrix exchanged: PyTorch's [out,in] becomes [in,out], as MatMul wants it. */
        TRANSPOSED
    }

    /** Where a weight lies: bytes {@code offset} to {@code offset + bytes} of {@code file}. */
    public record Placement(String name, String file, long offset, long bytes, ElementType type, List<Long> shape) {}

    private record Entry(CheckpointTensor tensor, Layout layout, Placement placement) {}

    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, Long> lengths = new LinkedHashMap<>();

    /** Reserves room for a tensor in {@code file}, or finds where an earlier graph put it. */
    public Placement place(CheckpointTensor tensor, Layout layout, ElementType type, String file) {
        String name = layout == Layout.TRANSPOSED ? tensor.name() + ".T" : tensor.name();
        Entry known = entries.get(name);
        if (known != null) {
            return known.placement();
        }
        List<Long> shape = LongStream.of(tensor.shape()).boxed().toList();
        if (layout == Layout.TRANSPOSED) {
            shape = List.of(shape.get(1), shape.get(0));
        }
        long end = lengths.getOrDefault(file, 0L);
        long offset = (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        long bytes = tensor.elementCount() * type.bytes();
        Placement placement = new Placement(name, file, offset, bytes, type, shape);
        entries.put(name, new Entry(tensor, layout, placement));
        lengths.put(file, offset + bytes);
        return placement;
    }

    /** Bytes of all weights together. */
    public long bytes() {
        return entries.values().stream()
                .mapToLong(entry -> entry.placement().bytes())
                .sum();
    }

    /** The files and their lengths in bytes, padding included, in the order they were opened. */
    public Map<String, Long> files() {
        return Collections.unmodifiableMap(lengths);
    }

    /**
     * Writes the content of one file.
     *
     * @param written told the bytes of each piece written
     * @throws ExportException when a value does not fit the element type
     */
    public void write(String file, OutputStream out, LongConsumer written) throws IOException {
        long position = 0;
        for (Entry entry : entries.values()) {
            Placement placement = entry.placement();
            if (placement.file().equals(file)) {
                out.write(new byte[Math.toIntExact(placement.offset() - position)]);
                new TensorWriter(entry, out, written).write();
                position = placement.offset() + placement.bytes();
            }
        }
    }

    /** Streams one tensor, converted and laid out as its entry says. */
    private static final class TensorWriter {
        private final CheckpointTensor tensor;
        private final Layout layout;
        private final ElementType type;
        private final OutputStream out;
        private final LongConsumer written;
        private final ByteBuffer chunk;

        TensorWriter(Entry entry, OutputStream out, LongConsumer written) {
            this.tensor = entry.tensor();
            this.layout = entry.layout();
            this.type = entry.placement().type();
            this.out = out;
            this.written = written;
            int elements = (int) Math.min(CHUNK_ELEMENTS, Math.max(1, tensor.elementCount()));
            this.chunk = ByteBuffer.allocate(elements * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        }

        void write() throws IOException {
            if (layout == Layout.TRANSPOSED) {
                writeTransposed();
            } else {
                writeAsStored();
            }
            flush();
        }

        private void writeAsStored() throws IOException {
            float[] values = new float[(int) Math.min(CHUNK_ELEMENTS, tensor.elementCount())];
            for (long first = 0; first < tensor.elementCount(); first += values.length) {
                int count = (int) Math.min(values.length, tensor.elementCount() - first);
                tensor.read(first, values, 0, count);
                for (int i = 0; i < count; i++) {
                    put(values[i]);
                }
            }
        }

        /** Bands of columns, so that a matrix of any size is transposed in bounded memory. */
        private void writeTransposed() throws IOException {
            int rows = Math.toIntExact(tensor.shape()[0]);
            int columns = Math.toIntExact(tensor.shape()[1]);
            int bandWidth = Math.max(1, Math.min(columns, TRANSPOSE_ELEMENTS / rows));
            float[] band = new float[Math.multiplyExact(rows, bandWidth)];
            for (int left = 0; left < columns; left += bandWidth) {
                int width = Math.min(bandWidth, columns - left);
                for (int row = 0; row < rows; row++) {
                    tensor.read((long) row * columns + left, band, row * width, width);
                }
                for (int column = 0; column < width; column++) {
                    for (int row = 0; row < rows; row++) {
                        put(band[row * width + column]);
                    }
                }
            }
        }

        private void put(float value) throws IOException {
            if (!chunk.hasRemaining()) {
                flush();
            }
            if (type == ElementType.FLOAT16) {
                if (Math.abs(value) > FLOAT16_MAX) {
                    throw new ExportException("Tensor " + tensor.name() + " holds " + value
                            + ", beyond float16's 65504; export with --precision fp32.");
                }
                chunk.putShort(Fp16Conversions.floatToFp16(value));
            } else {
                chunk.putFloat(value);
            }
        }

        private void flush() throws IOException {
            out.write(chunk.array(), 0, chunk.position());
            written.accept(chunk.position());
            chunk.clear();
        }
    }
}
