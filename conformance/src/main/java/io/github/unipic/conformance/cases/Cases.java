package io.github.unipic.conformance.cases;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.conformance.Suite;
import io.github.unipic.model.Manifest.FileSpec;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * What is run on a model whose sizes are not known beforehand: cases.json, which the PyTorch side reads as well.
 *
 * @param seed of all inputs, 32 bits
 * @param sha256 of cases.json, by which a reference file shows that it was made from the same cases
 */
public record Cases(Suite suite, long seed, String sha256, List<Case> all) {
    private static final String RESOURCE = "/io/github/unipic/conformance/cases.json";
    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .build();

    /** The cases of a suite with the kit's own numbers. */
    public static Cases of(Suite suite) {
        return read(suite, OptionalLong.empty());
    }

    /**
     * The same cases with other numbers.
     *
     * @throws IllegalArgumentException for a seed of more than 32 bits, of which some would have no effect
     */
    public Cases withSeed(long other) {
        if (other >>> Integer.SIZE != 0) {
            throw new IllegalArgumentException("seed is " + other + ", not 0 to 4294967295");
        }
        return read(suite, OptionalLong.of(other));
    }

    private static Cases read(Suite suite, OptionalLong given) {
        try (InputStream in = Cases.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("Resource " + RESOURCE + " is missing from the jar");
            }
            byte[] bytes = in.readAllBytes();
            JsonNode json = JSON.readTree(bytes);
            long seed = given.orElseGet(() -> json.get("seed").asLong());
            List<Case> cases = new ArrayList<>();
            add(json.get("stages"), GraphCase.class, suite, seed, cases);
            add(json.get("loops"), ImageCase.class, suite, seed, cases);
            add(json.get("answers"), AnswerCase.class, suite, seed, cases);
            return new Cases(suite, seed, FileSpec.of(bytes).sha256(), List.copyOf(cases));
        } catch (IOException e) {
            throw new UncheckedIOException("Resource " + RESOURCE + " is damaged", e);
        }
    }

    private static void add(JsonNode array, Class<? extends Case> kind, Suite suite, long seed, List<Case> cases)
            throws JsonProcessingException {
        for (JsonNode node : array) {
            Case one = JSON.treeToValue(((ObjectNode) node).put("seed", seed), kind);
            if (suite.includes(Suite.valueOf(node.get("suite").asText().toUpperCase(Locale.ROOT)))) {
                cases.add(one);
            }
        }
    }
}
