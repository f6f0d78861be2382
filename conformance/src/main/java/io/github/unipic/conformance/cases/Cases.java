package io.github.unipic.conformance.cases;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.conformance.Suite;
import io.github.unipic.files.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * The cases for a model of any sizes: cases.json, which the PyTorch scripts read too.
 *
 * @param seed of all inputs, 32 bits
 * @param sha256 of cases.json, which shows that a reference file was recorded from the same cases
 */
public record Cases(long seed, String sha256, List<Case> all) {
    private static final String RESOURCE = "/io/github/unipic/conformance/cases.json";
    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .build();

    /** @throws IllegalArgumentException for a seed of more than 32 bits */
    public Cases {
        if (seed >>> Integer.SIZE != 0) {
            throw new IllegalArgumentException("seed is " + seed + ", not 0 to 4294967295");
        }
    }

    /** The cases of a suite with the kit's own seed. */
    public static Cases of(Suite suite) {
        return of(suite, OptionalLong.empty());
    }

    /** The cases of a suite with another seed; empty for the kit's own. */
    public static Cases of(Suite suite, OptionalLong given) {
        try (InputStream in = Cases.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("Resource " + RESOURCE + " is missing from the jar");
            }
            byte[] bytes = in.readAllBytes();
            JsonNode json = JSON.readTree(bytes);
            long seed = given.orElseGet(() -> json.get("seed").asLong());
            List<Case> all = new ArrayList<>();
            all.addAll(list(json.get("stages"), suite, seed, GraphCase.class, GraphCase::asCase));
            all.addAll(list(json.get("loops"), suite, seed, ImageCase.class, ImageCase::asCase));
            all.addAll(list(json.get("answers"), suite, seed, AnswerCase.class, AnswerCase::asCase));
            return new Cases(seed, Sha256.of(bytes), List.copyOf(all));
        } catch (IOException e) {
            throw new UncheckedIOException("Resource " + RESOURCE + " is damaged", e);
        }
    }

    private static <T> List<Case> list(JsonNode array, Suite suite, long seed, Class<T> kind, Function<T, Case> asCase)
            throws JsonProcessingException {
        List<Case> cases = new ArrayList<>();
        for (JsonNode node : array) {
            ObjectNode fields = (ObjectNode) node;
            if (suite.includes(JSON.treeToValue(fields.remove("suite"), Suite.class))) {
                cases.add(asCase.apply(JSON.treeToValue(fields.put("seed", seed), kind)));
            }
        }
        return cases;
    }
}
