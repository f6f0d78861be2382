package io.github.unipic.batch;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.GenerateRequest;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.files.FileFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * A file of prompts in the format of the model's authors: a JSON array, or JSON values one after another (JSON lines).
 * Each value is a prompt, or an object with {@code prompt} and optionally {@code id} and the values of images'
 * metadata. Other keys, such as GenEval's {@code tag}, are ignored.
 *
 * @param entries the valid entries of the file, with the indices 0, 1, 2 and so on; at least one
 * @param ignoredKeys unknown keys of the file, which may be any text
 */
public record PromptsFile(List<BatchEntry> entries, Set<String> ignoredKeys) {
    /** The names of that many images sort by their index. */
    private static final int MAX_ENTRIES = 100_000;

    private static final long MAX_BYTES = 64L << 20;

    private static final Set<String> KEYS = Set.of(
            "prompt",
            "id",
            "seed",
            "width",
            "height",
            "iterations",
            "guidance",
            "guidance_schedule",
            "negative_prompt",
            "temperature",
            "diffusion_steps");
    private static final JsonMapper JSON = new JsonMapper(JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxDocumentLength(MAX_BYTES).build())
            .build());

    /** Sets defaults for values that an entry does not set. */
    @FunctionalInterface
    public interface Defaults {
        /**
         * Sets default values. The file's values override them.
         *
         * @param builder already has the prompt
         * @param index the entry's index
         */
        void applyTo(GenerateRequest.Builder builder, int index);
    }

    /**
     * Copies the collections.
     *
     * @param entries copied
     * @param ignoredKeys copied, and sorted
     */
    public PromptsFile {
        entries = List.copyOf(entries);
        ignoredKeys = Collections.unmodifiableSet(new TreeSet<>(ignoredKeys));
    }

    /**
     * Reads a file of at most 100,000 prompts and 64 MiB.
     *
     * @param file JSON in UTF-8, UTF-16 or UTF-32
     * @return its content
     * @throws InvalidRequestException if the file cannot be read or an entry is invalid; the message names the line
     */
    public static PromptsFile read(Path file) {
        return read(file, (builder, index) -> {});
    }

    /**
     * Reads a file of at most 100,000 prompts and 64 MiB.
     *
     * @param file JSON in UTF-8, UTF-16 or UTF-32
     * @param defaults for values that an entry does not set
     * @return its content
     * @throws InvalidRequestException if the file cannot be read or an entry is invalid; the message names the line
     */
    public static PromptsFile read(Path file, Defaults defaults) {
        List<BatchEntry> entries = new ArrayList<>();
        Set<String> ignoredKeys = new TreeSet<>();
        try (InputStream stream = open(file);
                JsonParser parser = JSON.createParser(stream)) {
            boolean array = parser.nextToken() == JsonToken.START_ARRAY;
            JsonToken token = array ? parser.nextToken() : parser.currentToken();
            while (token != null && token != JsonToken.END_ARRAY) {
                if (entries.size() == MAX_ENTRIES) {
                    throw new InvalidRequestException(
                            file + " has over " + MAX_ENTRIES + " prompts; split it into several files");
                }
                String source = file + " line " + parser.currentTokenLocation().getLineNr();
                JsonNode node = parser.readValueAsTree();
                entries.add(entry(node, entries.size(), source, defaults));
                node.fieldNames().forEachRemaining(ignoredKeys::add);
                token = parser.nextToken();
            }
            if (array && parser.nextToken() != null) {
                throw new InvalidRequestException(file + " line "
                        + parser.currentTokenLocation().getLineNr() + ": there is text after the end of the array");
            }
        } catch (StreamConstraintsException e) {
            throw new InvalidRequestException(
                    file + " is more than can be read (" + e.getOriginalMessage() + "); split it into several files",
                    e);
        } catch (JsonProcessingException e) {
            String line =
                    e.getLocation() == null ? "" : " line " + e.getLocation().getLineNr();
            throw new InvalidRequestException(
                    file + line + " is not JSON; write an array, or one {\"prompt\": \"...\"} a line: "
                            + e.getOriginalMessage(),
                    e);
        } catch (IOException e) {
            throw new InvalidRequestException(file + " cannot be read (" + FileFailure.reason(e) + ")", e);
        }
        if (entries.isEmpty()) {
            throw new InvalidRequestException(file + " has no prompts");
        }
        ignoredKeys.removeAll(KEYS);
        return new PromptsFile(entries, ignoredKeys);
    }

    private static InputStream open(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new InvalidRequestException(file + " is a folder; give a .json or .jsonl file of prompts");
        }
        try {
            return Files.newInputStream(file);
        } catch (NoSuchFileException e) {
            throw new InvalidRequestException("there is no file " + file + "; check the name", e);
        }
    }

    private static BatchEntry entry(JsonNode node, int index, String source, Defaults defaults) {
        try {
            if (!node.isTextual() && !node.isObject()) {
                throw new InvalidRequestException("neither a prompt in quotes nor {\"prompt\": \"...\"}");
            }
            JsonNode prompt = node.isTextual() ? node : node.path("prompt");
            if (!prompt.isTextual()) {
                throw new InvalidRequestException("\"prompt\" is missing or is not text in quotes");
            }
            GenerateRequest.Builder builder = GenerateRequest.builder(prompt.textValue());
            defaults.applyTo(builder, index);
            value(node, "seed", value -> value.isIntegralNumber() && value.canConvertToLong(), "a whole number")
                    .ifPresent(value -> builder.seed(value.longValue()));
            Optional<JsonNode> width = integer(node, "width");
            Optional<JsonNode> height = integer(node, "height");
            if (width.isPresent() != height.isPresent()) {
                throw new InvalidRequestException("give both \"width\" and \"height\", or neither");
            }
            width.ifPresent(
                    value -> builder.size(value.intValue(), height.orElseThrow().intValue()));
            integer(node, "iterations").ifPresent(value -> builder.iterations(value.intValue()));
            integer(node, "diffusion_steps").ifPresent(value -> builder.diffusionSteps(value.intValue()));
            value(node, "negative_prompt", JsonNode::isTextual, "text in quotes")
                    .ifPresent(value -> builder.negativePrompt(value.textValue()));
            value(node, "guidance", JsonNode::isNumber, "a number")
                    .ifPresent(value -> builder.guidance(value.doubleValue()));
            value(node, "temperature", JsonNode::isNumber, "a number")
                    .ifPresent(value -> builder.temperature(value.doubleValue()));
            value(node, "guidance_schedule", PromptsFile::isSchedule, "\"constant\" or \"linear\"")
                    .ifPresent(value -> builder.guidanceSchedule(
                            GuidanceSchedule.valueOf(value.textValue().toUpperCase(Locale.ROOT))));
            Optional<String> id = value(
                            node, "id", value -> value.isTextual() || value.isIntegralNumber(), "text or a number")
                    .map(JsonNode::asText);
            return new BatchEntry(index, id, source, builder.build());
        } catch (InvalidRequestException e) {
            throw new InvalidRequestException(source + ": " + e.getMessage(), e);
        }
    }

    private static boolean isSchedule(JsonNode value) {
        for (GuidanceSchedule schedule : GuidanceSchedule.values()) {
            if (value.isTextual() && schedule.name().equalsIgnoreCase(value.textValue())) {
                return true;
            }
        }
        return false;
    }

    private static Optional<JsonNode> integer(JsonNode node, String key) {
        return value(node, key, value -> value.isIntegralNumber() && value.canConvertToInt(), "a whole number");
    }

    private static Optional<JsonNode> value(JsonNode node, String key, Predicate<JsonNode> valid, String form) {
        JsonNode value = node.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return Optional.empty();
        }
        if (!valid.test(value)) {
            throw new InvalidRequestException("\"" + key + "\" must be " + form + ", not " + value);
        }
        return Optional.of(value);
    }
}
