package io.github.unipic.conformance.reference;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.Image;
import io.github.unipic.conformance.ConformanceException;
import io.github.unipic.conformance.Suite;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.cases.Expected;
import io.github.unipic.conformance.compare.Floats;
import io.github.unipic.image.Pixels;
import io.github.unipic.model.Manifest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The outputs of a trusted run of the cases, by the cases' keys: a safetensors file, written by {@code conformance
 * record} or by conformance/pytorch. Tensors are read on demand.
 */
public final class ReferenceFile extends Expected {
    public static final String FORMAT = "unipic-conformance-reference";
    public static final String FORMAT_VERSION = "1";

    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();

    private final Path path;

    private ReferenceFile(Path path) {
        super(path, "Reference file", "record it again");
        this.path = path;
    }

    /** @throws ConformanceException when it cannot be read, or is not a reference file */
    public static ReferenceFile open(Path path) {
        ReferenceFile reference = openAny(path);
        if (!reference.text("format_version").equals(FORMAT_VERSION)) {
            reference.close();
            throw notOne(path);
        }
        return reference;
    }

    /** @throws ConformanceException when it cannot be read, or is not a reference file of any version */
    public static void requireReference(Path path) {
        openAny(path).close();
    }

    private static ReferenceFile openAny(Path path) {
        ReferenceFile reference = new ReferenceFile(path);
        if (!reference.text("format").equals(FORMAT)) {
            reference.close();
            throw notOne(path);
        }
        return reference;
    }

    private static ConformanceException notOne(Path path) {
        return new ConformanceException(path + " is not a reference file of version " + FORMAT_VERSION
                + "; make one with 'unipic conformance record'.");
    }

    /** The model's sizes as in the file. */
    public static String json(Manifest.Sizes sizes) {
        try {
            return JSON.writeValueAsString(sizes);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Checks that the file belongs to a model of these sizes and to the kit's current cases, and has all of the suite.
     *
     * @throws ConformanceException when it does not
     */
    public void requireFits(Manifest manifest, Cases cases, Suite suite) {
        if (!text("cases_sha256").equals(cases.sha256())) {
            throw wrong("was recorded from other cases than this kit's");
        }
        if (!text("suite").equals(Suite.FULL.label()) && !text("suite").equals(suite.label())) {
            throw new ConformanceException("Reference file " + path + " has no " + suite.label() + " suite, only '"
                    + text("suite") + "'; record it with --suite " + suite.label() + ".");
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

    /** The cap of the recorded model's noise schedule; NaN if the file does not give it. */
    public double maxBeta() {
        try {
            return Double.parseDouble(text("max_beta"));
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /** The producer and the number format, for example {@code PyTorch 2.13.0 (float64)}. */
    public String producer() {
        return text("producer") + " (" + text("dtype") + ")";
    }

    /**
     * The seed of the inputs.
     *
     * @return 0 to 2^32 - 1
     * @throws ConformanceException when the file gives none, or an invalid one
     */
    public long seed() {
        try {
            return Integer.toUnsignedLong(Integer.parseUnsignedInt(text("seed")));
        } catch (NumberFormatException e) {
            throw wrong("has the seed '" + text("seed") + "', not one of 0 to 4294967295");
        }
    }

    /**
     * SHA-256 of the whole file, which identifies it.
     *
     * @throws ConformanceException when it cannot be read
     */
    public String digest() {
        try {
            return Manifest.FileSpec.of(path).sha256();
        } catch (IOException e) {
            throw new ConformanceException("Reference file " + path + " cannot be read: " + e + "; fetch it again.", e);
        }
    }

    /** A reference contains the decoded pixels, which are converted to the image. */
    @Override
    public Optional<Image> image(String key) {
        Optional<Floats> pixels = floats(key.replaceFirst("image$", "pixels"));
        return pixels.map(found -> Pixels.toImage(found.values(), (int) found.shape()[3], (int) found.shape()[2]));
    }

    @Override
    protected String without(String key) {
        return "the reference has no " + key + "; record it again";
    }

    private String text(String name) {
        return metadata(name).orElse("");
    }

    private JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw wrong("has damaged metadata");
        }
    }
}
