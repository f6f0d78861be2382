package io.github.unipic.batch;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.DescribeRequest;
import io.github.unipic.GenerateRequest;
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
import java.util.Set;
import java.util.TreeSet;

/**
 * A file of prompts in the format of the model's authors: a JSON array, or JSON values one after another (JSON lines).
 * Each value is a prompt, or an object:
 *
 * <ul>
 *   <li>{@code prompt} generates an image. Optional are {@code id} and the values of images' metadata: {@code seed},
 *       {@code width} and {@code height}, {@code iterations}, {@code guidance}, {@code guidance_schedule},
 *       {@code guidance_reuse}, {@code token_reuse}, {@code temperature}, {@code diffusion_steps},
 *       {@code negative_prompt}, {@code fast}.
 *   <li>{@code image} and {@code prompt} edit; {@code pad} keeps the shape of an image that is not a square.
 *   <li>{@code image}, {@code mask} and {@code prompt} inpaint; optional are {@code mask_channel} and {@code seam}.
 *   <li>{@code image} or a list {@code images}, and {@code question} describe; optional are {@code max_tokens},
 *       {@code temperature}, {@code top_p}, {@code top_k}, {@code repetition_penalty}, {@code stop} (a list),
 *       {@code seed} and {@code vision}.
 * </ul>
 *
 * <p>Names of files are relative to the prompts file. Other keys, such as GenEval's {@code tag}, are ignored.
 *
 * @param entries the valid entries of the file, with the indices 0, 1, 2 and so on; at least one
 * @param ignoredKeys keys that are unknown or say nothing to their entry's task; they may be any text
 */
public record PromptsFile(List<BatchEntry> entries, Set<String> ignoredKeys) {
    /** The names of that many images sort by their index. */
    private static final int MAX_ENTRIES = 100_000;

    private static final long MAX_BYTES = 64L << 20;

    private static final JsonMapper JSON = new JsonMapper(JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxDocumentLength(MAX_BYTES).build())
            .build());

    /** Sets defaults for values that an entry does not set. */
    @FunctionalInterface
    public interface Defaults {
        /**
         * Sets default values for an image. The file's values override them.
         *
         * @param builder already has the prompt; for an edit the size must be a square, and for an inpainted image it
         *     is ignored
         * @param index the entry's index
         */
        void applyTo(GenerateRequest.Builder builder, int index);

        /**
         * Sets default values for an answer. The file's values override them.
         *
         * @param builder already has the question
         * @param index the entry's index
         */
        default void applyTo(DescribeRequest.Builder builder, int index) {}
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
     * Whether a value of that name says something to entries, of any task.
     *
     * @param key the name
     * @return false if all entries ignore it
     */
    public static boolean isKey(String key) {
        return EntryJson.isKey(key);
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
        Path base = file.toAbsolutePath().getParent();
        try (InputStream stream = open(file);
                JsonParser parser = JSON.createParser(stream)) {
            boolean array = parser.nextToken() == JsonToken.START_ARRAY;
            JsonToken token = array ? parser.nextToken() : parser.currentToken();
            while (token != null && token != JsonToken.END_ARRAY) {
                if (entries.size() == MAX_ENTRIES) {
                    throw new InvalidRequestException(
                            file + " has over " + MAX_ENTRIES + " prompts; split it into several files");
                }
                String origin = file + " line " + parser.currentTokenLocation().getLineNr();
                add(parser.readValueAsTree(), origin, base, defaults, entries, ignoredKeys);
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

    /**
     * Makes entries of values that come from elsewhere than a file of JSON, such as a table.
     *
     * @param values each a prompt in quotes or an object, as in a file
     * @param origin where they come from, for messages: {@code prompts.parquet row}, which the number from 1 follows
     * @param base the folder that names of files are relative to
     * @param defaults for values that an entry does not set
     * @return the entries, in the order of the values
     * @throws InvalidRequestException if there is none, one is invalid, or an image that it names does not exist; the
     *     message begins with the origin
     */
    public static PromptsFile of(Iterable<String> values, String origin, Path base, Defaults defaults) {
        List<BatchEntry> entries = new ArrayList<>();
        Set<String> ignoredKeys = new TreeSet<>();
        for (String value : values) {
            String place = origin + " " + (entries.size() + 1);
            try {
                add(JSON.readTree(value), place, base, defaults, entries, ignoredKeys);
            } catch (JsonProcessingException e) {
                throw new InvalidRequestException(place + " is not JSON: " + e.getOriginalMessage(), e);
            }
        }
        if (entries.isEmpty()) {
            throw new InvalidRequestException("there is no " + origin + " 1: there are no prompts");
        }
        return new PromptsFile(entries, ignoredKeys);
    }

    private static void add(
            JsonNode node,
            String origin,
            Path base,
            Defaults defaults,
            List<BatchEntry> entries,
            Set<String> ignoredKeys) {
        BatchEntry entry = entry(node, entries.size(), origin, base, defaults);
        entries.add(entry);
        node.fieldNames().forEachRemaining(key -> {
            if (!EntryJson.isKeyOf(entry.task(), key)) {
                ignoredKeys.add(key);
            }
        });
    }

    private static BatchEntry entry(JsonNode node, int index, String origin, Path base, Defaults defaults) {
        try {
            BatchTask task = EntryJson.task(node, index, base, defaults);
            for (Path source : task.sources()) {
                if (!Files.isRegularFile(source)) {
                    throw new InvalidRequestException("there is no file " + source + "; check the name");
                }
            }
            return BatchEntry.of(index, EntryJson.id(node), origin, task);
        } catch (InvalidRequestException e) {
            throw new InvalidRequestException(origin + ": " + e.getMessage(), e);
        }
    }
}
