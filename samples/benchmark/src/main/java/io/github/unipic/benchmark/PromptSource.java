package io.github.unipic.benchmark;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.github.unipic.GenerateRequest;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.batch.BatchTask;
import io.github.unipic.files.FileFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One prompt of a benchmark, as its file has it.
 *
 * @param json the prompt and what belongs to it
 * @param origin where it is, for messages
 */
record PromptSource(JsonNode json, String origin) {
    private static final int MOST = 20_000;
    private static final long MAX_BYTES = 64L << 20;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,150}");
    private static final JsonMapper JSON = new JsonMapper(JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxDocumentLength(MAX_BYTES).build())
            .build());

    /** Reads a file with one JSON object a line. */
    static List<PromptSource> lines(Path file) {
        List<PromptSource> lines = new ArrayList<>();
        read(file, values -> {
            while (values.hasNextValue()) {
                JsonNode value = values.nextValue();
                String origin = file + " object " + (lines.size() + 1);
                if (!value.isObject()) {
                    throw new InvalidRequestException(origin + " is not a JSON object");
                }
                requireRoom(lines, file);
                lines.add(new PromptSource(value, origin));
            }
        });
        return nonEmpty(lines, file);
    }

    /** Reads a file that is one JSON object, and makes a prompt of each of its values. */
    static List<KeyedSource> values(Path file) {
        List<KeyedSource> sources = new ArrayList<>();
        read(file, values -> {
            JsonNode json = values.hasNextValue() ? values.nextValue() : MissingNode.getInstance();
            if (!json.isObject() || values.hasNextValue()) {
                throw new InvalidRequestException(file + " is not one JSON object");
            }
            json.properties().forEach(value -> {
                String origin = file + " key " + value.getKey();
                if (!value.getValue().isObject()) {
                    throw new InvalidRequestException(origin + " is not a JSON object");
                }
                requireRoom(sources, file);
                PromptSource source = new PromptSource(value.getValue(), origin);
                sources.add(new KeyedSource(checkedName(value.getKey(), origin), source));
            });
        });
        return nonEmpty(sources, file);
    }

    /** A prompt with the key that it has in its file. */
    record KeyedSource(String key, PromptSource source) {}

    /** Reads JSON values. */
    private interface Reading {
        void of(MappingIterator<JsonNode> values) throws IOException;
    }

    private static void read(Path file, Reading reading) {
        if (!Files.isRegularFile(file)) {
            throw new InvalidRequestException("there is no file " + file + "; check the name");
        }
        try (InputStream in = Files.newInputStream(file);
                MappingIterator<JsonNode> values =
                        JSON.readerFor(JsonNode.class).readValues(in)) {
            reading.of(values);
        } catch (JsonProcessingException e) {
            String line =
                    e.getLocation() == null ? "" : " line " + e.getLocation().getLineNr();
            throw new InvalidRequestException(file + line + " cannot be read as JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new InvalidRequestException(file + " cannot be read (" + FileFailure.reason(e) + ")", e);
        }
    }

    /** Refuses one more prompt where there are as many as no benchmark has. */
    static void requireRoom(List<?> sources, Path file) {
        if (sources.size() == MOST) {
            throw new InvalidRequestException(file + " has over " + MOST + " prompts; no benchmark has so many");
        }
    }

    static <T> List<T> nonEmpty(List<T> sources, Path file) {
        if (sources.isEmpty()) {
            throw new InvalidRequestException(file + " has no prompts");
        }
        return sources;
    }

    String text(String key) {
        JsonNode value = json.path(key);
        if (!value.isTextual()) {
            throw new InvalidRequestException(origin + ": \"" + key + "\" is missing or is not text");
        }
        return value.textValue();
    }

    /** A text that becomes the name of a file or folder. */
    String name(String key) {
        JsonNode value = json.path(key);
        return checkedName(value.isIntegralNumber() ? value.asText() : text(key), origin);
    }

    static String checkedName(String name, String origin) {
        if (!NAME.matcher(name).matches()) {
            throw new InvalidRequestException(
                    origin + ": '" + name + "' cannot be the name of a file; only letters, digits, _ and - can");
        }
        return name;
    }

    /** An image that an edit starts from. */
    Path image(Path folder, String name) {
        try {
            Path file = folder.resolve(name);
            if (!file.normalize().startsWith(folder.normalize()) || !Files.isRegularFile(file)) {
                throw new InvalidRequestException(
                        origin + ": there is no file " + file + "; give the folder of the images with --images");
            }
            return file;
        } catch (InvalidPathException e) {
            throw new InvalidRequestException(origin + " names an image that no file can be: " + e.getReason(), e);
        }
    }

    /** @param number of the image of this prompt, from 0: each has the next seed */
    BatchTask generate(String prompt, GenerateRequest settings, int number) {
        return new BatchTask.Generate(request(prompt, settings, number));
    }

    BatchTask edit(String prompt, Path image, GenerateRequest settings, boolean pad) {
        return new BatchTask.Edit(image, pad, request(prompt, settings, 0));
    }

    private GenerateRequest request(String prompt, GenerateRequest settings, int number) {
        try {
            return settings.toBuilder()
                    .prompt(prompt)
                    .seed(settings.seed().orElseThrow() + number)
                    .build();
        } catch (InvalidRequestException e) {
            throw new InvalidRequestException(origin + ": " + e.getMessage(), e);
        }
    }
}
