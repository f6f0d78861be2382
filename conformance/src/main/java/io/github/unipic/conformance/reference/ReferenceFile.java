package io.github.unipic.conformance.reference;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.conformance.ConformanceException;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.export.ExportException;
import io.github.unipic.export.checkpoint.CheckpointTensor;
import io.github.unipic.export.checkpoint.DType;
import io.github.unipic.export.checkpoint.SafetensorsFile;
import io.github.unipic.model.Manifest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What a trusted run of the cases gave, by the cases' keys: a safetensors file, written by {@code conformance record}
 * or by conformance/pytorch. Tensors are read when asked for.
 */
public final class ReferenceFile implements AutoCloseable {
    public static final String FORMAT = "unipic-conformance-reference";
    public static final String FORMAT_VERSION = "1";

    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();

    private final Path path;
    private final SafetensorsFile file;

    private ReferenceFile(Path path, SafetensorsFile file) {
        this.path = path;
        this.file = file;
    }

    /** @throws ConformanceException when it cannot be read, or is no reference file */
    public static ReferenceFile open(Path path) {
        SafetensorsFile file;
        try {
            file = SafetensorsFile.open(path);
        } catch (ExportException e) {
            throw new ConformanceException("Reference file " + path + " cannot be read: " + e.getMessage(), e);
        }
        ReferenceFile reference = new ReferenceFile(path, file);
        if (!reference.text("format").equals(FORMAT)
                || !reference.text("format_version").equals(FORMAT_VERSION)) {
            reference.close();
            throw new ConformanceException(path + " is no reference file of version " + FORMAT_VERSION
                    + "; make one with 'unipic conformance record'.");
        }
        return reference;
    }

    /** The form of the model's sizes in the file. */
    public static String json(Manifest.Sizes sizes) {
        try {
            return JSON.writeValueAsString(sizes);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Refuses to be the reference of a model of other sizes, or of other cases than the kit has now.
     *
     * @throws ConformanceException when it does not fit
     */
    public void requireFits(Manifest manifest, Cases cases) {
        if (!text("cases_sha256").equals(cases.sha256())) {
            throw new ConformanceException("Reference file " + path
                    + " was made from other cases than this kit has; record it again with this version.");
        }
        JsonNode own = parse(json(manifest.sizes()));
        JsonNode recorded = parse(text("sizes"));
        for (Map.Entry<String, JsonNode> size : own.properties()) {
            if (!size.getValue().asText().equals(recorded.path(size.getKey()).asText())) {
                throw new ConformanceException("Reference file " + path + " is of a model with " + size.getKey() + " "
                        + recorded.path(size.getKey()).asText("unknown") + ", this one has "
                        + size.getValue().asText() + "; record a reference of this model.");
            }
        }
    }

    /** Who computed it, in what type, for example {@code PyTorch 2.13.0 (float64)}. */
    public String producer() {
        return text("producer") + " (" + text("dtype") + ")";
    }

    /**
     * The seed of the inputs.
     *
     * @throws ConformanceException when the file does not say
     */
    public long seed() {
        try {
            return Long.parseLong(text("seed"));
        } catch (NumberFormatException e) {
            throw new ConformanceException("Reference file " + path + " tells no seed; record it again.", e);
        }
    }

    /** float32 values, if the file has them. */
    public Optional<float[]> floats(String key) {
        return tensor(key, DType.FLOAT32).map(tensor -> {
            float[] values = new float[Math.toIntExact(tensor.elementCount())];
            tensor.read(0, values, 0, values.length);
            return values;
        });
    }

    /** int64 values, if the file has them. */
    public Optional<long[]> longs(String key) {
        return tensor(key, DType.INT64).map(tensor -> {
            long[] values = new long[Math.toIntExact(tensor.elementCount())];
            ByteBuffer.wrap(tensor.bytes())
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asLongBuffer()
                    .get(values);
            return values;
        });
    }

    private Optional<CheckpointTensor> tensor(String key, DType type) {
        Optional<CheckpointTensor> found = Optional.ofNullable(file.tensors().get(key));
        found.filter(tensor -> tensor.dtype() != type).ifPresent(tensor -> {
            throw new ConformanceException("Reference file " + path + ": " + key + " is " + tensor.dtype() + ", not "
                    + type + "; record it again.");
        });
        return found;
    }

    private String text(String name) {
        return file.metadata().getOrDefault(name, "");
    }

    private JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new ConformanceException("Reference file " + path + " has damaged metadata; record it again.", e);
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
