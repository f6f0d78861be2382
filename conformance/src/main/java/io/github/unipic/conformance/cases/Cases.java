package io.github.unipic.conformance.cases;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.VisionPath;
import io.github.unipic.conformance.Suite;
import io.github.unipic.model.GraphName;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * What is run on a model whose sizes are not known beforehand: cases.json, which the PyTorch side reads as well.
 *
 * @param seed of all inputs, 32 bits
 * @param sha256 of cases.json, by which a reference file shows that it was made from the same cases
 */
public record Cases(long seed, String sha256, List<StageCase> stages, List<LoopCase> loops, List<AnswerCase> answers) {
    private static final String RESOURCE = "/io/github/unipic/conformance/cases.json";

    /** @throws IllegalArgumentException for a seed of more than 32 bits, of which some would have no effect */
    public Cases {
        if (seed >>> Integer.SIZE != 0) {
            throw new IllegalArgumentException("seed is " + seed + ", not 0 to 4294967295");
        }
    }

    /** The cases of a suite. */
    public static Cases of(Suite suite) {
        byte[] bytes = bytes();
        JsonNode json;
        try {
            json = new JsonMapper().readTree(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("Resource " + RESOURCE + " is damaged", e);
        }
        return new Cases(
                json.get("seed").asLong(),
                sha256(bytes),
                list(json.get("stages"), Cases::stage).stream()
                        .filter(stage -> suite.includes(stage.suite()))
                        .toList(),
                list(json.get("loops"), Cases::loop).stream()
                        .filter(loop -> suite.includes(loop.suite()))
                        .toList(),
                list(json.get("answers"), Cases::answer).stream()
                        .filter(answer -> suite.includes(answer.suite()))
                        .toList());
    }

    /** The same cases with other numbers. */
    public Cases withSeed(long other) {
        return new Cases(other, sha256, stages, loops, answers);
    }

    /** How many there are. */
    public int count() {
        return stages.size() + loops.size() + answers.size();
    }

    private static byte[] bytes() {
        try (InputStream in = Cases.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("Resource " + RESOURCE + " is missing from the jar");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("Resource " + RESOURCE + " cannot be read", e);
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    private static <T> List<T> list(JsonNode array, Function<JsonNode, T> one) {
        List<T> all = new ArrayList<>();
        array.forEach(node -> all.add(one.apply(node)));
        return all;
    }

    private static StageCase stage(JsonNode node) {
        int batch = node.path("batch").asInt(1);
        int steps = node.path("steps").asInt(1);
        return new StageCase(
                word(node, "graph", GraphName.class, null),
                node.get("name").asText(),
                word(node, "suite", Suite.class, null),
                batch,
                node.path("rows").asInt(batch),
                node.path("tokens").asInt(1),
                node.path("past").asInt(0),
                node.path("padded").asBoolean(false),
                word(node, "grid", GridSize.class, GridSize.NATIVE),
                word(node, "known", Known.class, Known.NONE),
                word(node, "predict", Predict.class, Predict.REST),
                node.path("canvas").asText().equals("full"),
                word(node, "tile", TilePlace.class, TilePlace.WHOLE),
                node.path("own_statistics").asBoolean(false),
                node.path("timestep").asInt(0),
                steps,
                node.path("last").asInt(steps),
                node.path("guidance").asDouble(1),
                node.path("temperature").asDouble(1),
                (float) node.path("scale").asDouble(1));
    }

    private static LoopCase loop(JsonNode node) {
        return new LoopCase(
                node.get("name").asText(),
                word(node, "suite", Suite.class, null),
                word(node, "grid", GridSize.class, null),
                node.get("iterations").asInt(),
                node.get("steps").asInt(),
                node.get("guidance").asDouble(),
                word(node, "guidance_schedule", GuidanceSchedule.class, null),
                node.get("temperature").asDouble(),
                node.get("prompt").asText(),
                Optional.ofNullable(node.get("photo")).map(JsonNode::asText));
    }

    private static AnswerCase answer(JsonNode node) {
        return new AnswerCase(
                node.get("name").asText(),
                word(node, "suite", Suite.class, null),
                node.get("path").asText().equals("mar") ? VisionPath.MAR : VisionPath.SIGLIP,
                node.get("photo").asText(),
                node.get("question").asText(),
                node.get("tokens").asInt());
    }

    /** @param absent taken where the case does not say; null where it must */
    private static <E extends Enum<E>> E word(JsonNode node, String field, Class<E> type, E absent) {
        return absent != null && !node.has(field)
                ? absent
                : Enum.valueOf(type, node.get(field).asText().toUpperCase(Locale.ROOT));
    }
}
