package io.github.unipic.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A request's values by name, from JSON or from a form, whose values are all text. Null and an empty form field count
 * as missing; names that nobody asks for are ignored.
 *
 * @param json the object
 * @param fromForm whether numbers and booleans may come as text
 */
public record Parameters(JsonNode json, boolean fromForm) {
    /** Those of a form. */
    static Parameters ofForm(Map<String, String> texts) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        texts.forEach(node::put);
        return new Parameters(node, true);
    }

    /** The value as it came. */
    public Optional<JsonNode> node(String name) {
        JsonNode node = json.get(name);
        boolean missing =
                node == null || node.isNull() || fromForm && node.asText().isEmpty();
        return missing ? Optional.empty() : Optional.of(node);
    }

    /** A text. */
    public Optional<String> text(String name) {
        return node(name).map(node -> {
            if (!node.isTextual()) {
                throw HttpError.invalid(name, "'" + name + "' must be a string");
            }
            return node.textValue();
        });
    }

    /** One of some texts. */
    public Optional<String> oneOf(String name, List<String> allowed) {
        return text(name).map(value -> {
            if (!allowed.contains(value)) {
                throw HttpError.invalid(
                        name,
                        "'" + name + "' must be " + String.join(" or ", allowed) + ", not '" + shown(value) + "'");
            }
            return value;
        });
    }

    /** A whole number within bounds. */
    public OptionalInt integer(String name, int least, int most) {
        OptionalLong value = integer(name);
        if (value.isEmpty()) {
            return OptionalInt.empty();
        }
        if (value.getAsLong() < least || value.getAsLong() > most) {
            throw HttpError.invalid(
                    name, "'" + name + "' must be " + least + " to " + most + ", not " + value.getAsLong());
        }
        return OptionalInt.of((int) value.getAsLong());
    }

    /** A whole number. */
    public OptionalLong integer(String name) {
        Optional<JsonNode> node = node(name);
        if (node.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            if (fromForm) {
                return OptionalLong.of(Long.parseLong(node.get().asText().strip()));
            }
            if (node.get().isIntegralNumber() && node.get().canConvertToLong()) {
                return OptionalLong.of(node.get().longValue());
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw HttpError.invalid(name, "'" + name + "' must be a whole number");
    }

    /** A finite number. */
    public OptionalDouble number(String name) {
        Optional<JsonNode> node = node(name);
        if (node.isEmpty()) {
            return OptionalDouble.empty();
        }
        double value = Double.NaN;
        try {
            if (fromForm) {
                value = Double.parseDouble(node.get().asText());
            } else if (node.get().isNumber()) {
                value = node.get().doubleValue();
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        if (!Double.isFinite(value)) {
            throw HttpError.invalid(name, "'" + name + "' must be a number");
        }
        return OptionalDouble.of(value);
    }

    /** Whether something is switched on; false where it is missing. */
    public boolean flag(String name) {
        Optional<JsonNode> node = node(name);
        if (node.isEmpty()) {
            return false;
        }
        if (node.get().isBoolean()) {
            return node.get().booleanValue();
        }
        if (fromForm && List.of("true", "false").contains(node.get().asText())) {
            return node.get().asText().equals("true");
        }
        throw HttpError.invalid(name, "'" + name + "' must be true or false");
    }

    /** A client's text as a message may repeat it. */
    public static String shown(String text) {
        String line = text.replaceAll("\\p{C}", "?");
        return line.length() <= 60 ? line : line.substring(0, 60) + "...";
    }
}
