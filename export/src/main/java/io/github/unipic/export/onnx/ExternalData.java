package io.github.unipic.export.onnx;

import io.github.unipic.export.checkpoint.CheckpointTensor;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * The {@code .data} files of an export: first every weight gets its place, so that graphs can refer to it, then all are
 * streamed from the checkpoint in bounded memory. A weight that several graphs use is stored once.
 */
public final class ExternalData {
    /** Tensors start on a page, so that a runtime can map each one where it lies. */
    private static final int ALIGNMENT = 4096;

    /** Where a weight lies: bytes {@code offset} to {@code offset + bytes} of {@code file}. */
    public record Placement(String name, String file, long offset, long bytes, ElementType type, List<Long> shape) {
        /** The same bytes as a matrix: the first axis is kept, all others become one. */
        public Placement asMatrix() {
            long columns = shape.stream().skip(1).reduce(1L, Math::multiplyExact);
            return new Placement(name, file, offset, bytes, type, List.of(shape.get(0), columns));
        }
    }

    private record Entry(CheckpointTensor tensor, Encoding encoding, Placement placement) {}

    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, Long> lengths = new LinkedHashMap<>();

    /** Reserves room for a tensor in {@code file}, or finds where an earlier graph put it. */
    public Placement place(CheckpointTensor tensor, Encoding encoding, String file) {
        String name = encoding.name(tensor);
        Entry known = entries.get(name);
        if (known != null) {
            return known.placement();
        }
        List<Long> shape = encoding.shape(tensor);
        long end = lengths.getOrDefault(file, 0L);
        long offset = (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        long bytes = shape.stream().reduce((long) encoding.type().bytes(), Math::multiplyExact);
        Placement placement = new Placement(name, file, offset, bytes, encoding.type(), shape);
        entries.put(name, new Entry(tensor, encoding, placement));
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
     * @throws io.github.unipic.export.ExportException when a value cannot be encoded
     */
    public void write(String file, OutputStream out, LongConsumer written) throws IOException {
        long position = 0;
        for (Entry entry : entries.values()) {
            Placement placement = entry.placement();
            if (placement.file().equals(file)) {
                out.write(new byte[Math.toIntExact(placement.offset() - position)]);
                ChunkedOutput chunks = new ChunkedOutput(out, written);
                entry.encoding().write(entry.tensor(), chunks);
                chunks.flush();
                position = placement.offset() + placement.bytes();
            }
        }
    }
}
