package io.github.unipic.export.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.unipic.export.ExportException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A JSON object of settings from outside. Types and ranges are checked where a setting is asked for, and the message
 * names the file. A setting of null is one that is absent. Names are dotted: {@code mar.num_heads}.
 */
public final class Settings {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final JsonNode object;

    private Settings(Path file, JsonNode object) {
        this.file = file;
        this.object = object;
    }

    /**
     * @param limit the longest file in bytes
     * @throws ExportException if the file is longer, or does not hold a JSON object
     */
    static Settings read(Path file, long limit) {
        try {
            if (Files.size(file) > limit) {
                throw new ExportException(file + " is larger than " + limit + " bytes; it is not the file expected");
            }
            JsonNode node = JSON.readTree(file.toFile());
            if (!node.isObject()) {
                throw new ExportException(file + " is not a JSON object; fetch it again");
            }
            return new Settings(file, node);
        } catch (IOException e) {
            throw new ExportException(file + " cannot be read as JSON; fetch it again", e);
        }
    }

    /** No settings, as if there were an empty {@code file}. */
    static Settings none(Path file) {
        return new Settings(file, JsonNodeFactory.instance.objectNode());
    }

    /** The file they are from. */
    public Path file() {
        return file;
    }

    JsonNode json() {
        return object;
    }

    /** The settings within this one, if it is there. */
    public Optional<Settings> object(String name) {
        return find(name).map(node -> new Settings(file, require(node.isObject(), node, name, "an object")));
    }

    /** A whole number, if it is there. */
    public Optional<Integer> integer(String name, int least, int greatest) {
        return find(name).map(node -> integer(node, name, least, greatest));
    }

    /** A whole number or a list of them; empty where it is absent. */
    public List<Integer> integers(String name, int least, int greatest) {
        List<Integer> numbers = new ArrayList<>();
        find(name).ifPresent(node -> {
            if (node.isArray()) {
                node.forEach(each -> numbers.add(integer(each, name, least, greatest)));
            } else {
                numbers.add(integer(node, name, least, greatest));
            }
        });
        return List.copyOf(numbers);
    }

    /** A number above zero, or {@code otherwise}. */
    public double positive(String name, double greatest, double otherwise) {
        return find(name)
                .map(node -> require(
                                node.isNumber() && node.doubleValue() > 0 && node.doubleValue() <= greatest,
                                node,
                                name,
                                "a number above 0, at most " + greatest)
                        .doubleValue())
                .orElse(otherwise);
    }

    /** True or false, or {@code otherwise}. */
    public boolean flag(String name, boolean otherwise) {
        return find(name)
                .map(node ->
                        require(node.isBoolean(), node, name, "true or false").booleanValue())
                .orElse(otherwise);
    }

    /** A text of one short line, if it is there. */
    public Optional<String> text(String name) {
        return find(name)
                .map(node -> require(
                                node.isTextual() && Checkpoint.isShortLine(node.textValue()),
                                node,
                                name,
                                "a text of one short line")
                        .textValue());
    }

    private int integer(JsonNode node, String name, int least, int greatest) {
        return require(
                        node.isIntegralNumber()
                                && node.canConvertToInt()
                                && node.intValue() >= least
                                && node.intValue() <= greatest,
                        node,
                        name,
                        "a whole number from " + least + " to " + greatest)
                .intValue();
    }

    private Optional<JsonNode> find(String name) {
        JsonNode node = object;
        String path = "";
        for (String part : name.split("\\.")) {
            node = require(node.isObject(), node, path, "an object").path(part);
            if (node.isMissingNode() || node.isNull()) {
                return Optional.empty();
            }
            path += (path.isEmpty() ? "" : ".") + part;
        }
        return Optional.of(node);
    }

    private JsonNode require(boolean condition, JsonNode node, String name, String expected) {
        if (!condition) {
            throw new ExportException(file + ": " + name + " is " + Checkpoint.excerpt(node.toString()) + ", where "
                    + expected + " is expected; correct it, or fetch the file again");
        }
        return node;
    }
}
