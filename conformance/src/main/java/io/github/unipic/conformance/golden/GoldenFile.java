package io.github.unipic.conformance.golden;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.conformance.ConformanceException;
import io.github.unipic.conformance.cases.TensorFile;
import io.github.unipic.conformance.compare.Floats;
import io.github.unipic.runtime.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A golden file: inputs and outputs by key, and parameters as JSON in the metadata. What is asked for must be there.
 * The outputs' numbers of values count, not their shapes.
 */
final class GoldenFile extends TensorFile {
    private static final String ENDING = ".safetensors";
    private static final JsonMapper JSON = new JsonMapper();

    private final String name;

    private GoldenFile(Path path) {
        super(path, "Golden file", "write it again");
        String file = path.getFileName().toString();
        name = file.substring(0, file.length() - ENDING.length());
    }

    /** @throws ConformanceException when it is damaged */
    static GoldenFile open(Path path) {
        return new GoldenFile(path);
    }

    String name() {
        return name;
    }

    /** All keys, sorted. */
    SortedSet<String> allKeys() {
        return new TreeSet<>(keys());
    }

    @Override
    public Optional<Floats> floats(String key) {
        float[] values = values(key).values();
        return Optional.of(new Floats(values, values.length));
    }

    @Override
    public Optional<long[]> integers(String key) {
        return Optional.of(longs(key));
    }

    @Override
    public String without(String key) {
        throw wrong("has no " + key);
    }

    /** Floats with their shape. */
    Floats values(String key) {
        return super.floats(key).orElseThrow(() -> wrong("has no " + key));
    }

    long[] longs(String key) {
        return super.integers(key).orElseThrow(() -> wrong("has no " + key));
    }

    /** Integers [rows,length] as rows. */
    long[][] rows(String key) {
        long[] flat = longs(key);
        long[] shape = shape(key);
        if (shape.length != 2) {
            throw wrong("has the shape " + Arrays.toString(shape) + " in " + key + ", not two axes");
        }
        int length = Math.toIntExact(shape[1]);
        long[][] rows = new long[Math.toIntExact(shape[0])][];
        Arrays.setAll(rows, row -> Arrays.copyOfRange(flat, row * length, (row + 1) * length));
        return rows;
    }

    /** Floats as a tensor of the same shape, which the caller closes. */
    Tensor tensor(String key) {
        Floats values = values(key);
        return Tensor.floats(values.values(), values.shape());
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
        String json = metadata(parameter).orElseThrow(() -> wrong("has no " + parameter + " in its metadata"));
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw wrong("has no JSON as " + parameter + " in its metadata");
        }
    }
}
