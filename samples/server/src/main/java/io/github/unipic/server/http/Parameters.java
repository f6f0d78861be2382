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
    /** As the sdk bounds it. */
    private static final int LONGEST_PROMPT = 100_000;

    private static final int LONGEST_SHOWN = 60;

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

    /** A text: valid Unicode without NUL. */
    public Optional<String> text(String name) {
        return node(name).map(node -> {
            if (!node.isTextual()) {
                throw HttpError.invalid(name, "'" + name + "' must be a string");
            }
            return checked(name, node.textValue());
        });
    }

    /** A text that is for people and for the model. */
    public Optional<String> prompt(String name) {
        return text(name).filter(text -> !text.isBlank()).map(text -> {
            if (text.length() > LONGEST_PROMPT) {
                throw HttpError.invalid(
                        name,
                        "'" + name + "' has " + text.length() + " characters; at most " + LONGEST_PROMPT
                                + " are allowed");
            }
            return text;
        });
    }

    /** What to draw, which every request for images must say. */
    public String requiredPrompt() {
        return prompt("prompt").orElseThrow(() -> HttpError.invalid("prompt", "'prompt' is missing; say what to draw"));
    }

    /**
     * Gives a text that is valid Unicode without NUL.
     *
     * @throws HttpError when it is not
     */
    public static String checked(String name, String text) {
        if (text.indexOf('\0') >= 0) {
            throw HttpError.invalid(name, "'" + name + "' has the character NUL; remove it");
        }
        if (text.codePoints().anyMatch(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE)) {
            throw HttpError.invalid(
                    name, "'" + name + "' is not valid Unicode: it has an unpaired surrogate; remove it");
        }
        return text;
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

    /** A number above 0 that is finite as float32, which is how the model takes it. */
    public OptionalDouble positive(String name) {
        OptionalDouble value = number(name);
        value.ifPresent(number -> {
            if ((float) number <= 0 || Float.isInfinite((float) number)) {
                throw HttpError.invalid(name, "'" + name + "' must be above 0 and finite (as float32), not " + number);
            }
        });
        return value;
    }

    /** A number within bounds. */
    public OptionalDouble number(String name, double least, double most) {
        OptionalDouble value = number(name);
        value.ifPresent(number -> {
            if (number < least || number > most) {
                throw HttpError.invalid(name, "'" + name + "' must be " + least + " to " + most + ", not " + number);
            }
        });
        return value;
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
        int[] points = text.codePoints().limit(LONGEST_SHOWN + 1).toArray();
        String line = new String(points, 0, Math.min(points.length, LONGEST_SHOWN)).replaceAll("\\p{C}", "?");
        return points.length <= LONGEST_SHOWN ? line : line + "...";
    }
}
