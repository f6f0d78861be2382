package io.github.unipic.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * A weight of an ONNX graph that is stored in another file. This reads the few fields of the graph's file that describe
 * it; their numbers are those of onnx.proto. By hand, because protobuf-java would add 1.8 MB to every user's class
 * path, in a version that often clashes with that of Spark or Hadoop, to save 30 lines.
 *
 * @param type ONNX's number for the element type
 * @param file its name, beside the graph's
 * @param offset in that file, in bytes
 * @param length in bytes
 */
record ExternalTensor(String name, int type, long[] shape, String file, long offset, long length) {
    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED_32 = 5;

    private static final int MODEL_GRAPH = 7;
    private static final int GRAPH_INITIALIZER = 5;
    private static final int TENSOR_DIMS = 1;
    private static final int TENSOR_DATA_TYPE = 2;
    private static final int TENSOR_NAME = 8;
    private static final int TENSOR_EXTERNAL_DATA = 13;
    private static final int ENTRY_KEY = 1;
    private static final int ENTRY_VALUE = 2;

    /**
     * All external weights of a graph.
     *
     * @throws IllegalArgumentException when the file is not an ONNX graph
     */
    static List<ExternalTensor> of(byte[] onnx) {
        List<ExternalTensor> tensors = new ArrayList<>();
        try {
            messages(ByteBuffer.wrap(onnx), MODEL_GRAPH)
                    .forEach(graph -> messages(graph, GRAPH_INITIALIZER).forEach(tensor -> read(tensor, tensors)));
        } catch (BufferUnderflowException | NumberFormatException e) {
            throw new IllegalArgumentException("it is no ONNX graph", e);
        }
        return tensors;
    }

    private static void read(ByteBuffer tensor, List<ExternalTensor> all) {
        List<Long> shape = new ArrayList<>();
        int[] type = new int[1];
        String[] name = {""};
        Map<String, String> external = new TreeMap<>();
        fields(tensor, (field, value) -> {
            switch (field) {
                // Packed or not.
                case TENSOR_DIMS -> {
                    while (value.hasRemaining()) {
                        shape.add(varint(value));
                    }
                }
                case TENSOR_DATA_TYPE -> type[0] = (int) varint(value);
                case TENSOR_NAME -> name[0] = text(value);
                case TENSOR_EXTERNAL_DATA -> {
                    String[] entry = {"", ""};
                    fields(value, (part, content) -> {
                        if (part == ENTRY_KEY || part == ENTRY_VALUE) {
                            entry[part - ENTRY_KEY] = text(content);
                        }
                    });
                    external.put(entry[0], entry[1]);
                }
                default -> {}
            }
        });
        if (!external.isEmpty()) {
            all.add(new ExternalTensor(
                    name[0],
                    type[0],
                    shape.stream().mapToLong(Long::longValue).toArray(),
                    external.getOrDefault("location", ""),
                    Long.parseLong(external.getOrDefault("offset", "0")),
                    Long.parseLong(external.getOrDefault("length", "0"))));
        }
    }

    private static List<ByteBuffer> messages(ByteBuffer message, int wanted) {
        List<ByteBuffer> found = new ArrayList<>();
        fields(message, (field, value) -> {
            if (field == wanted) {
                found.add(value);
            }
        });
        return found;
    }

    private static void fields(ByteBuffer message, BiConsumer<Integer, ByteBuffer> action) {
        while (message.hasRemaining()) {
            long key = varint(message);
            int start = message.position();
            int length = switch ((int) (key & 7)) {
                case VARINT -> {
                    varint(message);
                    yield message.position() - start;
                }
                case FIXED_64 -> Long.BYTES;
                case BYTES -> {
                    long bytes = varint(message);
                    start = message.position();
                    yield (int) Math.min(bytes < 0 ? Integer.MAX_VALUE : bytes, Integer.MAX_VALUE);
                }
                case FIXED_32 -> Integer.BYTES;
                default -> throw new IllegalArgumentException("it is no ONNX graph");
            };
            message.position(start);
            if (length > message.remaining()) {
                throw new BufferUnderflowException();
            }
            ByteBuffer value = message.slice(start, length);
            message.position(start + length);
            action.accept((int) (key >>> 3), value);
        }
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            byte next = in.get();
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("it is no ONNX graph");
    }

    private static String text(ByteBuffer value) {
        return UTF_8.decode(value).toString();
    }
}
