package io.github.unipic.conformance.golden;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.conformance.ConformanceException;
import io.github.unipic.conformance.cases.Expected;
import io.github.unipic.conformance.compare.Floats;
import io.github.unipic.runtime.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * A golden file: inputs and outputs by key, and parameters as JSON in the metadata. A missing key is an error. Outputs
 * are compared by their number of values, not by their shapes.
 */
final class GoldenFile extends Expected {
    private static final String ENDING = ".safetensors";
    private static final JsonMapper JSON = new JsonMapper();

    private final String name;

    /** @throws ConformanceException when it is damaged */
    GoldenFile(Path path) {
        super(path, "Golden file", "write it again");
        String file = path.getFileName().toString();
        name = file.substring(0, file.length() - ENDING.length());
    }

    String name() {
        return name;
    }

    /** The first part of the name: t2i, edit, understand, preprocess. */
    String task() {
        return name.split("_")[0];
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
    protected String without(String key) {
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

    /** A parameter in the metadata. */
    JsonNode parameter(String parameter) {
        String json = metadata(parameter).orElseThrow(() -> wrong("has no " + parameter + " in its metadata"));
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw wrong("has no JSON as " + parameter + " in its metadata");
        }
    }
}
