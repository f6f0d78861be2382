package io.github.unipic.batch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.InvalidRequestException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The manifest's line about one result: a JSON object with {@code index}, {@code id}, {@code file}, {@code prompt},
 * {@code seed}, {@code parameters}, {@code requested}, {@code model} and {@code seconds}; where the task is not to
 * generate, also {@code task} and {@code sources}; for an answer also {@code answer}, {@code finish_reason},
 * {@code prompt_tokens} and {@code answer_tokens}. Immutable and thread-safe.
 */
public final class ManifestLine {
    private static final Pattern USUAL_NAME = Pattern.compile("(\\d{5,})(-[A-Za-z0-9._-]+)?\\.(png|json)");
    private static final Pattern RESULT = Pattern.compile(".*\\.(png|json)");
    private static final String START = "{\"index\":";
    private static final String TIME = "seconds";
    private static final String MODEL = "model";
    private static final String REQUESTED = "requested";
    private static final List<String> NOT_IN_FILE = List.of(TIME, MODEL, REQUESTED, "id", "sources");
    private static final JsonMapper JSON = new JsonMapper();

    private final JsonNode json;

    private ManifestLine(JsonNode json) {
        this.json = json;
    }

    /**
     * The line of a result.
     *
     * @param requested the values that the entry sets, and the hashes of its sources
     */
    static ManifestLine of(
            BatchEntry entry, ObjectNode requested, String model, Output output, Optional<Duration> time) {
        ObjectNode line = JSON.createObjectNode();
        line.put("index", entry.index());
        entry.id().ifPresent(id -> line.put("id", id));
        line.put("file", entry.file());
        if (!output.task().equals(Output.GENERATE)) {
            line.put("task", output.task());
            ArrayNode sources = line.putArray("sources");
            entry.task().sources().forEach(source -> sources.add(source.toString()));
        }
        line.put("prompt", output.prompt());
        line.setAll(output.answer());
        output.putSeed(line);
        line.set("parameters", output.parameters());
        line.set(REQUESTED, requested);
        line.put(MODEL, model);
        line.put(TIME, time.map(t -> t.toMillis() / 1000.0).orElse(null));
        return new ManifestLine(line);
    }

    /** Parses a line; empty unless it has the values that {@link BatchFolder} needs. */
    static Optional<ManifestLine> parse(byte[] line) {
        try {
            JsonNode json = JSON.readTree(line);
            boolean ours = json.path("index").isInt()
                    && isFile(json.path("file").asText(), json.path("index").intValue())
                    && json.path("prompt").isTextual()
                    && json.path(REQUESTED).isObject();
            return ours ? Optional.of(new ManifestLine(json)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** In the batch's folder itself a file begins with the index; folders in it are those of layouts. */
    private static boolean isFile(String file, int index) {
        if (file.contains("/")) {
            return BatchEntry.isPath(file) && RESULT.matcher(file).matches();
        }
        Matcher name = USUAL_NAME.matcher(file);
        return name.matches() && name.group(1).equals(BatchEntry.indexName(index));
    }

    /**
     * Reads a line that {@link #toString} gave, perhaps on another machine.
     *
     * @param line JSON
     * @return the line
     * @throws InvalidRequestException if it is not one of a batch
     */
    public static ManifestLine parse(String line) {
        return parse(line.getBytes(StandardCharsets.UTF_8))
                .orElseThrow(() -> new InvalidRequestException("this is not a line of a batch's manifest: " + line));
    }

    /** Whether a text may be the beginning of a batch's line. */
    static boolean mayBegin(String text) {
        return text.startsWith(START) || START.startsWith(text);
    }

    /** Whether a text is the beginning of this line, with or without the time. */
    boolean mayBeginWith(String text) {
        String line = toString();
        String untilTime = line.substring(0, line.lastIndexOf("\"" + TIME + "\":"));
        return line.startsWith(text) || text.startsWith(untilTime);
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
     * The user's name for it.
     *
     * @return any text; empty if there is none
     */
    public Optional<String> id() {
        return text("id");
    }

    /**
     * The file in the batch's folder.
     *
     * @return a path relative to the folder, with {@code /} between folders
     */
    public String file() {
        return json.path("file").textValue();
    }

    /**
     * What was asked for.
     *
     * @return {@code generate}, {@code edit}, {@code inpaint} or {@code describe}
     */
    public String task() {
        return text("task").orElse(Output.GENERATE);
    }

    /**
     * The answer about images.
     *
     * @return the text; empty for an image
     */
    public Optional<String> answer() {
        return text("answer");
    }

    /**
     * The prompt.
     *
     * @return the prompt, the instruction or the question
     */
    public String prompt() {
        return json.path("prompt").textValue();
    }

    /**
     * The seed.
     *
     * @return empty if there was none
     */
    public OptionalLong seed() {
        JsonNode seed = json.path("seed");
        return seed.isIntegralNumber() && seed.canConvertToLong()
                ? OptionalLong.of(seed.longValue())
                : OptionalLong.empty();
    }

    /**
     * The parameters, including the model's defaults, as in {@link io.github.unipic.Image#metadata()}.
     *
     * @return a JSON object, such as <code>{"width":640,"height":384}</code>
     */
    public String parameters() {
        JsonNode parameters = json.path("parameters");
        return parameters.isObject() ? parameters.toString() : "{}";
    }

    /**
     * The model.
     *
     * @return its name; empty if the line has none
     */
    public Optional<String> model() {
        return text(MODEL);
    }

    /**
     * The time that it took.
     *
     * @return in milliseconds; empty if the line was restored from the file, which has no time
     */
    public Optional<Duration> time() {
        JsonNode seconds = json.path(TIME);
        return seconds.isNumber()
                ? Optional.of(Duration.ofMillis(Math.round(seconds.doubleValue() * 1000)))
                : Optional.empty();
    }

    /**
     * Compares two lines.
     *
     * @param other another line
     * @return whether they say the same, apart from the time
     */
    public boolean isSameResult(ManifestLine other) {
        return without(List.of(TIME)).equals(other.without(List.of(TIME)));
    }

    /** Whether both say the same, apart from what the result's file does not say. */
    boolean isSameFile(ManifestLine other) {
        return without(NOT_IN_FILE).equals(other.without(NOT_IN_FILE));
    }

    /** As text, because in Jackson an int 7 does not equal a long 7. */
    private String without(List<String> keys) {
        ObjectNode line = json.deepCopy();
        return line.remove(keys).toString();
    }

    /** The values that the entry set. */
    JsonNode requested() {
        return json.path(REQUESTED);
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
