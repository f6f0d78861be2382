package io.github.unipic.conformance.golden;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.conformance.ConformanceException;
import io.github.unipic.export.ExportException;
import io.github.unipic.export.checkpoint.CheckpointTensor;
import io.github.unipic.export.checkpoint.SafetensorsFile;
import io.github.unipic.runtime.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/** A golden file: tensors by key, and parameters as JSON in the safetensors metadata. Held whole; they are small. */
final class GoldenFile {
    private static final String ENDING = ".safetensors";
    private static final JsonMapper JSON = new JsonMapper();

    private final String name;
    private final Map<String, Object> values = new HashMap<>();
    private final Map<String, long[]> shapes = new HashMap<>();
    private final Map<String, String> metadata;

    private GoldenFile(String name, SafetensorsFile file) {
        this.name = name;
        this.metadata = file.metadata();
        file.tensors().forEach((key, tensor) -> {
            shapes.put(key, tensor.shape());
            values.put(key, read(tensor));
        });
    }

    /** @throws ConformanceException when it is damaged */
    static GoldenFile read(Path path) {
        String fileName = path.getFileName().toString();
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            return new GoldenFile(fileName.substring(0, fileName.length() - ENDING.length()), file);
        } catch (ExportException e) {
            throw new ConformanceException("Golden file " + path + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** float[] or long[]. */
    private static Object read(CheckpointTensor tensor) {
        if (tensor.dtype().isFloatingPoint()) {
            float[] floats = new float[Math.toIntExact(tensor.elementCount())];
            tensor.read(0, floats, 0, floats.length);
            return floats;
        }
        ByteBuffer bytes = ByteBuffer.wrap(tensor.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        long[] integers = new long[Math.toIntExact(tensor.elementCount())];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = switch (tensor.dtype().bytes()) {
                case 8 -> bytes.getLong();
                case 4 -> bytes.getInt();
                case 2 -> bytes.getShort();
                default -> bytes.get() & 0xff;
            };
        }
        return integers;
    }

    String name() {
        return name;
    }

    /** All keys, sorted. */
    SortedSet<String> keys() {
        return new TreeSet<>(shapes.keySet());
    }

    long[] shape(String key) {
        require(key);
        return shapes.get(key).clone();
    }

    float[] floats(String key) {
        if (require(key) instanceof float[] floats) {
            return floats;
        }
        throw wrong(key, "holds integers, floats expected");
    }

    long[] longs(String key) {
        if (require(key) instanceof long[] longs) {
            return longs;
        }
        throw wrong(key, "holds floats, integers expected");
    }

    /** Unsigned 8-bit values. */
    byte[] bytes(String key) {
        long[] longs = longs(key);
        byte[] bytes = new byte[longs.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) longs[i];
        }
        return bytes;
    }

    /** Integers [rows,length] as rows. */
    long[][] rows(String key) {
        long[] flat = longs(key);
        long[] shape = shape(key);
        if (shape.length != 2) {
            throw wrong(key, "has shape " + Arrays.toString(shape) + ", two axes expected");
        }
        int length = Math.toIntExact(shape[1]);
        long[][] rows = new long[Math.toIntExact(shape[0])][];
        Arrays.setAll(rows, row -> Arrays.copyOfRange(flat, row * length, (row + 1) * length));
        return rows;
    }

    /** Floats as a tensor of the same shape, which the caller closes. */
    Tensor tensor(String key) {
        return Tensor.floats(floats(key), shape(key));
    }

    double number(String parameter) {
        return parameter(parameter).asDouble();
    }

    long[] numbers(String parameter) {
        JsonNode array = parameter(parameter);
        long[] numbers = new long[array.size()];
        Arrays.setAll(numbers, i -> array.get(i).asLong());
        return numbers;
    }

    String text(String parameter) {
        return parameter(parameter).asText();
    }

    private JsonNode parameter(String parameter) {
        String json = metadata.get(parameter);
        if (json == null) {
            throw wrong(parameter, "is not in its metadata");
        }
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw wrong(parameter, "is not JSON in its metadata");
        }
    }

    private Object require(String key) {
        Object value = values.get(key);
        if (value == null) {
            throw wrong(key, "is missing");
        }
        return value;
    }

    private ConformanceException wrong(String key, String what) {
        return new ConformanceException("Golden file " + name + ": " + key + " " + what + "; write it again.");
    }
}
