package io.github.unipic.batch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.Image;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The manifest's line about one image: a JSON object with {@code index}, {@code id}, {@code file}, {@code prompt},
 * {@code seed}, {@code parameters}, {@code requested}, {@code model} and {@code seconds}. Immutable and thread-safe.
 */
public final class ManifestLine {
    private static final Pattern IMAGE_NAME = Pattern.compile("(\\d{5,})(-[A-Za-z0-9._-]+)?\\.png");
    private static final String START = "{\"index\":";
    private static final JsonMapper JSON = new JsonMapper();

    private final JsonNode json;

    private ManifestLine(JsonNode json) {
        this.json = json;
    }

    /** The line of a generated image. */
    static ManifestLine of(BatchEntry entry, String model, Image image, Optional<Duration> time) {
        ObjectNode line = JSON.createObjectNode();
        line.put("index", entry.index());
        entry.id().ifPresent(id -> line.put("id", id));
        line.put("file", entry.fileName());
        line.put("prompt", entry.request().prompt());
        line.put(
                "seed",
                image.request()
                        .flatMap(r -> r.seed().stream().boxed().findFirst())
                        .orElse(null));
        line.set("parameters", parameters(image));
        line.set("requested", entry.requested());
        line.put("model", model);
        line.put("seconds", time.map(t -> t.toMillis() / 1000.0).orElse(null));
        return new ManifestLine(line);
    }

    /** Parses a line; empty unless it has the values that {@link BatchFolder} needs. */
    static Optional<ManifestLine> parse(byte[] line) {
        try {
            JsonNode json = JSON.readTree(line);
            Matcher name = IMAGE_NAME.matcher(json.path("file").asText());
            boolean ours = json.path("index").isInt()
                    && name.matches()
                    && name.group(1)
                            .equals(BatchEntry.indexName(json.path("index").intValue()))
                    && json.path("prompt").isTextual()
                    && json.path("requested").isObject();
            return ours ? Optional.of(new ManifestLine(json)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Whether a text may be the beginning of a batch's line. */
    static boolean mayBegin(String text) {
        return text.startsWith(START) || START.startsWith(text);
    }

    /** Whether a text is the beginning of this line, with or without the time. */
    boolean mayBeginWith(String text) {
        String line = toString();
        String untilTime = line.substring(0, line.lastIndexOf("\"seconds\":"));
        return line.startsWith(text) || text.startsWith(untilTime);
    }

    /** The parameters in an image's metadata; empty if unipic did not write it. */
    static ObjectNode parameters(Image image) {
        try {
            return image.request().isPresent()
                            && JSON.readTree(image.metadata().get("parameters")) instanceof ObjectNode parameters
                    ? parameters
                    : JSON.createObjectNode();
        } catch (JsonProcessingException e) {
            return JSON.createObjectNode();
        }
    }

    /**
     * The entry's number in the batch.
     *
     * @return from 0
     */
    public int index() {
        return json.path("index").intValue();
    }

    /**
     * The user's name for the image.
     *
     * @return any text; empty if there is none
     */
    public Optional<String> id() {
        return text("id");
    }

    /**
     * The image's file in the batch's folder.
     *
     * @return a name without folders
     */
    public String file() {
        return json.path("file").textValue();
    }

    /**
     * The prompt.
     *
     * @return the prompt
     */
    public String prompt() {
        return json.path("prompt").textValue();
    }

    /**
     * The seed of the image.
     *
     * @return empty if the image has no seed
     */
    public OptionalLong seed() {
        JsonNode seed = json.path("seed");
        return seed.isIntegralNumber() && seed.canConvertToLong()
                ? OptionalLong.of(seed.longValue())
                : OptionalLong.empty();
    }

    /**
     * The parameters of the image, including the model's defaults, as in {@link Image#metadata()}.
     *
     * @return a JSON object, such as <code>{"width":640,"height":384}</code>
     */
    public String parameters() {
        JsonNode parameters = json.path("parameters");
        return parameters.isObject() ? parameters.toString() : "{}";
    }

    /**
     * The model that generated the image.
     *
     * @return its name; empty if the line has none
     */
    public Optional<String> model() {
        return text("model");
    }

    /**
     * The time that generating the image took.
     *
     * @return in milliseconds; empty if the line was restored from the image, which has no time
     */
    public Optional<Duration> time() {
        JsonNode seconds = json.path("seconds");
        return seconds.isNumber()
                ? Optional.of(Duration.ofMillis(Math.round(seconds.doubleValue() * 1000)))
                : Optional.empty();
    }

    /** The values that the entry set. */
    JsonNode requested() {
        return json.path("requested");
    }

    private Optional<String> text(String key) {
        return Optional.ofNullable(json.path(key).textValue());
    }

    /**
     * The line.
     *
     * @return JSON, without a line end
     */
    @Override
    public String toString() {
        return json.toString();
    }
}
