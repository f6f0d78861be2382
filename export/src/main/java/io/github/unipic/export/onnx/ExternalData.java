package io.github.unipic.export.onnx;

import io.github.unipic.export.checkpoint.CheckpointTensor;
import io.github.unipic.export.onnx.Encoding.Part;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * The {@code .data} files of an export: first every weight is placed, so that graphs can refer to it, then all are
 * streamed from the checkpoint in bounded memory. A weight that several graphs use is stored once.
 */
public final class ExternalData {
    /** Tensors start on a page, so that a runtime can map each one from the file. */
    private static final int ALIGNMENT = 4096;

    /** The position of a weight: bytes {@code offset} to {@code offset + bytes} of {@code file}. */
    public record Placement(String name, String file, long offset, long bytes, ElementType type, List<Long> shape) {
        private long end() {
            return offset + bytes;
        }

        /** The same bytes as a matrix: the first axis stays, all others become one. */
        public Placement asMatrix() {
            long columns = shape.stream().skip(1).reduce(1L, Math::multiplyExact);
            return new Placement(name, file, offset, bytes, type, List.of(shape.get(0), columns));
        }
    }

    /** @param placements of the encoding's parts, which follow each other in one file */
    private record Entry(CheckpointTensor tensor, Encoding encoding, List<Placement> placements) {
        Placement first() {
            return placements.get(0);
        }

        Placement last() {
            return placements.get(placements.size() - 1);
        }
    }

    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, Long> lengths = new LinkedHashMap<>();

    /** Reserves room for a tensor's parts in {@code file}, or finds where an earlier graph put them. */
    public List<Placement> place(CheckpointTensor tensor, Encoding encoding, String file) {
        List<Part> parts = encoding.parts(tensor);
        String name = parts.get(0).name();
        Entry known = entries.get(name);
        if (known != null) {
            return known.placements();
        }
        List<Placement> placements =
                parts.stream().map(part -> place(part, file)).toList();
        entries.put(name, new Entry(tensor, encoding, placements));
        return placements;
    }

    private Placement place(Part part, String file) {
        long end = lengths.getOrDefault(file, 0L);
        long offset = (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        long bytes = part.shape().stream().reduce((long) part.type().bytes(), Math::multiplyExact);
        Placement placement = new Placement(part.name(), file, offset, bytes, part.type(), part.shape());
        lengths.put(file, placement.end());
        return placement;
    }

    /** Bytes of all weights together. */
    public long bytes() {
        return entries.values().stream()
                .flatMap(entry -> entry.placements().stream())
                .mapToLong(Placement::bytes)
                .sum();
    }

    /** The files and their lengths in bytes, padding included, in the order they were opened. */
    public Map<String, Long> files() {
        return Collections.unmodifiableMap(lengths);
    }

    /**
     * Writes the content of one file.
     *
     * @param written is notified of the bytes of each chunk
     * @throws io.github.unipic.export.ExportException when a value cannot be encoded
     */
    public void write(String file, OutputStream out, LongConsumer written) throws IOException {
        long position = 0;
        for (Entry entry : entries.values()) {
            if (entry.first().file().equals(file)) {
                pad(position, entry.first(), out);
                write(entry, out, written);
                position = entry.last().end();
            }
        }
    }

    /** The first part goes to {@code out} as it is made, the others after it. */
    private static void write(Entry entry, OutputStream out, LongConsumer written) throws IOException {
        List<Placement> placements = entry.placements();
        List<ByteArrayOutputStream> others = new ArrayList<>();
        List<ChunkedOutput> outs = new ArrayList<>(List.of(new ChunkedOutput(out, written)));
        for (Placement placement : placements.subList(1, placements.size())) {
            ByteArrayOutputStream other = new ByteArrayOutputStream(Math.toIntExact(placement.bytes()));
            others.add(other);
            outs.add(new ChunkedOutput(other, bytes -> {}));
        }
        entry.encoding().write(entry.tensor(), outs);
        for (ChunkedOutput each : outs) {
            each.flush();
        }
        for (int i = 0; i < others.size(); i++) {
            pad(placements.get(i).end(), placements.get(i + 1), out);
            others.get(i).writeTo(out);
            written.accept(others.get(i).size());
        }
    }

    private static void pad(long position, Placement next, OutputStream out) throws IOException {
        out.write(new byte[Math.toIntExact(next.offset() - position)]);
    }
}
