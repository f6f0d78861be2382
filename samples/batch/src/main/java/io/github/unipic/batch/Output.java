package io.github.unipic.batch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.Answer;
import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.OutputException;
import io.github.unipic.files.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An entry's result, as its file has it. The file itself says what was asked: an image in its text, an answer in the
 * JSON around it. So it is recognized without a manifest.
 *
 * @param task {@code generate}, {@code edit}, {@code inpaint} or {@code describe}
 * @param prompt the prompt, the instruction or the question
 * @param seed if there was one
 * @param parameters as in an image's metadata, including the model's defaults
 * @param batch what only batches say: {@code sources}, {@code pad}, {@code mask_channel}, {@code seam}
 * @param answer {@code answer}, {@code finish_reason} and numbers of tokens; empty for an image
 */
record Output(
        String task, String prompt, OptionalLong seed, ObjectNode parameters, ObjectNode batch, ObjectNode answer) {
    static final String GENERATE = "generate";
    static final String DESCRIBE = "describe";

    private static final String TASK = "task";
    private static final String PROMPT = "prompt";
    private static final String SEED = "seed";
    private static final String PARAMETERS = "parameters";
    private static final String BATCH = "batch";
    private static final String ANSWER = "answer";
    /** What has no default of the model's: where it is left out, it was not there. */
    private static final List<String> LEFT_OUT = List.of(
            EntryJson.NEGATIVE_PROMPT, EntryJson.GUIDANCE_REUSE, EntryJson.TOKEN_REUSE, EntryJson.ALLOW_SPECIAL_TOKENS);

    private static final int MAX_ANSWER_BYTES = 16 << 20;
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** What to call a task. */
    static String name(BatchTask task) {
        return task.getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }

    // ---- reading

    /**
     * Reads the file of a result.
     *
     * @return empty if no batch wrote it
     */
    static Optional<Output> read(Path file) throws IOException {
        if (!file.toString().endsWith(".json")) {
            try {
                return of(Image.read(file));
            } catch (ImageFormatException e) {
                return Optional.empty();
            }
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_ANSWER_BYTES + 1);
            return bytes.length > MAX_ANSWER_BYTES ? Optional.empty() : ofAnswer(JSON.readTree(bytes));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    /** The result that an image is; empty if its text does not say so. */
    static Optional<Output> of(Image image) {
        Map<String, String> text = image.metadata();
        String task = text.getOrDefault(TASK, GENERATE);
        boolean ours = task.equals(GENERATE)
                ? image.request().isPresent()
                : (task.equals("edit") || task.equals("inpaint")) && text.containsKey(PROMPT);
        if (!ours) {
            return Optional.empty();
        }
        try {
            JsonNode parameters = JSON.readTree(text.getOrDefault(PARAMETERS, ""));
            JsonNode batch = JSON.readTree(text.getOrDefault(BATCH, task.equals(GENERATE) ? "{}" : ""));
            OptionalLong seed =
                    text.containsKey(SEED) ? OptionalLong.of(Long.parseLong(text.get(SEED))) : OptionalLong.empty();
            return parameters instanceof ObjectNode values && batch instanceof ObjectNode more
                    ? Optional.of(new Output(task, text.get(PROMPT), seed, values, more, JSON.createObjectNode()))
                    : Optional.empty();
        } catch (JsonProcessingException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static Optional<Output> ofAnswer(JsonNode json) {
        JsonNode seed = json.path(SEED);
        boolean ours = json.path(TASK).asText().equals(DESCRIBE)
                && json.path("question").isTextual()
                && (seed.isNull() || seed.isIntegralNumber() && seed.canConvertToLong())
                && json.path(ANSWER).path(ANSWER).isTextual();
        return ours
                        && json.path(PARAMETERS) instanceof ObjectNode parameters
                        && json.path(BATCH) instanceof ObjectNode batch
                        && json.path(ANSWER) instanceof ObjectNode answer
                ? Optional.of(new Output(
                        DESCRIBE,
                        json.path("question").textValue(),
                        seed.isNull() ? OptionalLong.empty() : OptionalLong.of(seed.longValue()),
                        parameters,
                        batch,
                        answer))
                : Optional.empty();
    }

    // ---- writing

    /** The image with the text that tells a batch's later run what was asked. */
    static Image withText(Image image, ObjectNode batch) {
        if (batch.isEmpty()) {
            return image;
        }
        Map<String, String> text = new LinkedHashMap<>(image.metadata());
        text.put(BATCH, batch.toString());
        return image.withMetadata(text);
    }

    static Output of(BatchTask.Describe task, Answer answer, ObjectNode batch) {
        ObjectNode said = JSON.createObjectNode();
        said.put(ANSWER, answer.text());
        said.put("finish_reason", answer.finishReason().name().toLowerCase(Locale.ROOT));
        said.put("prompt_tokens", answer.promptTokens());
        said.put("answer_tokens", answer.tokens().size());
        ObjectNode parameters = EntryJson.settings(task);
        parameters.remove(SEED);
        return new Output(DESCRIBE, task.prompt(), task.settings().seed(), parameters, batch, said);
    }

    /** Writes the file of an answer; it appears whole or not at all. */
    void writeAnswer(Path file) {
        ObjectNode json = JSON.createObjectNode();
        json.put(TASK, DESCRIBE);
        json.put("question", prompt);
        json.set(ANSWER, answer);
        putSeed(json);
        json.set(PARAMETERS, parameters);
        json.set(BATCH, batch);
        byte[] bytes = (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            AtomicFile.write(file, out -> out.write(bytes));
        } catch (IOException e) {
            throw new OutputException(file + " cannot be written", e, "free some space there or choose another folder");
        }
    }

    void putSeed(ObjectNode json) {
        json.put(SEED, seed.isPresent() ? (Long) seed.getAsLong() : null);
    }

    /**
     * Whether this was made with the values that a task sets, and of the same files. The model's defaults, and a random
     * seed, may be whatever they are.
     *
     * @param onlyInBatches as {@link #batch}
     */
    boolean isOf(BatchTask asked, ObjectNode onlyInBatches) {
        ObjectNode settings = EntryJson.settings(asked);
        ObjectNode values = parameters.deepCopy().setAll(batch);
        seed.ifPresent(value -> values.put(SEED, value));
        return task.equals(name(asked))
                && prompt.equals(asked.prompt())
                && batch.equals(onlyInBatches)
                && LEFT_OUT.stream().allMatch(key -> settings.has(key) == values.has(key))
                && settings.properties().stream()
                        .allMatch(value -> isSame(value.getValue(), values.path(value.getKey())));
    }

    private static boolean isSame(JsonNode requested, JsonNode actual) {
        return requested.isValueNode() ? requested.asText().equals(actual.asText()) : requested.equals(actual);
    }
}
