package io.github.unipic.fuzz;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/** Changes the values of JSON or JSON lines, and sometimes any bytes. */
public final class JsonMutator implements Mutator {
    private static final JsonMapper JSON = new JsonMapper(JsonFactory.builder()
            .streamWriteConstraints(
                    StreamWriteConstraints.builder().maxNestingDepth(100_000).build())
            .build());
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int MAX_CHANGES = 4;

    private final ByteMutator bytes = new ByteMutator()
            .with("\"", "{", "}", "[", "]", ",", ":", "\\u0000", "\\ud800", "null", "NaN", "1e999", "\ufeff\"", "//");
    private final List<String> texts;
    private final List<String> keys = new ArrayList<>();

    /** @param texts that mean something in the format, or could be abused in it */
    public JsonMutator(String... texts) {
        this.texts = new ArrayList<>(List.of(
                "",
                " ",
                "0",
                "-1",
                "null",
                "{}",
                "../secret",
                "/etc/passwd",
                "a/b",
                "a\\b",
                ".",
                "..",
                "\u001b[31mred",
                "two\nlines",
                "\u0000",
                "\ud800",
                "x".repeat(300),
                "x".repeat(70_000),
                "\ud83e\udd8a"));
        this.texts.addAll(List.of(texts));
    }

    /** Every other input is changed only below these keys of the outermost object. */
    public JsonMutator within(String... outermostKeys) {
        keys.addAll(List.of(outermostKeys));
        return this;
    }

    /** A value and the way to put another there. */
    private record Slot(JsonNode parent, String key, int index) {
        JsonNode value() {
            return parent instanceof ObjectNode object ? object.get(key) : parent.get(index);
        }

        void set(JsonNode value) {
            if (parent instanceof ObjectNode object) {
                object.set(key, value);
            } else {
                ((ArrayNode) parent).set(index, value);
            }
        }

        void remove() {
            if (parent instanceof ObjectNode object) {
                object.remove(key);
            } else {
                ((ArrayNode) parent).remove(index);
            }
        }
    }

    @Override
    public byte[] mutate(byte[] input, byte[] other, RandomGenerator random) {
        if (random.nextInt(8) == 0) {
            return bytes.mutate(input, other, random);
        }
        try {
            ArrayNode values = parse(input);
            JsonNode part = part(values, random);
            for (int changes = 1 + random.nextInt(MAX_CHANGES); changes > 0; changes--) {
                change(part.isContainerNode() ? part : values, random);
            }
            String end = input.length > 0 && input[input.length - 1] == '\n' ? "\n" : "";
            return (text(values) + end).getBytes(StandardCharsets.UTF_8);
        } catch (IOException e) {
            return bytes.mutate(input, other, random); // the corpus may hold what is no JSON
        }
    }

    private static ArrayNode parse(byte[] input) throws IOException {
        ArrayNode values = NODES.arrayNode();
        try (MappingIterator<JsonNode> all = JSON.readerFor(JsonNode.class).readValues(input)) {
            while (all.hasNextValue()) {
                values.add(all.nextValue());
            }
        }
        return values;
    }

    private static String text(ArrayNode values) {
        List<JsonNode> all = new ArrayList<>();
        values.forEach(all::add);
        return all.stream().map(JsonMutator::text).collect(Collectors.joining("\n"));
    }

    private static String text(JsonNode value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private JsonNode part(ArrayNode values, RandomGenerator random) {
        return keys.isEmpty() || random.nextBoolean()
                ? values
                : values.path(0).path(keys.get(random.nextInt(keys.size())));
    }

    private void change(JsonNode part, RandomGenerator random) {
        List<Slot> slots = new ArrayList<>();
        collect(part, slots);
        if (slots.isEmpty()) {
            if (part instanceof ArrayNode array) {
                array.add(value(random));
            }
            return;
        }
        Slot slot = slots.get(random.nextInt(slots.size()));
        JsonNode another = slots.get(random.nextInt(slots.size())).value().deepCopy();
        switch (random.nextInt(10)) {
            case 0, 1, 2 -> slot.set(value(random));
            case 3, 4 -> slot.set(similar(slot.value(), random));
            case 5 -> slot.set(another);
            case 6, 7 -> slot.remove();
            case 8 -> {
                if (slot.value() instanceof ObjectNode object) {
                    object.set(texts.get(random.nextInt(texts.size())), another);
                } else if (slot.value() instanceof ArrayNode array) {
                    array.add(another);
                } else {
                    slot.set(NODES.arrayNode().add(slot.value()));
                }
            }
            default -> {
                if (slot.parent() instanceof ObjectNode object) {
                    object.set(texts.get(random.nextInt(texts.size())), object.remove(slot.key()));
                } else {
                    slot.remove();
                }
            }
        }
    }

    private static void collect(JsonNode node, List<Slot> slots) {
        if (node instanceof ObjectNode object) {
            object.properties().forEach(entry -> {
                slots.add(new Slot(object, entry.getKey(), -1));
                collect(entry.getValue(), slots);
            });
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                slots.add(new Slot(array, "", i));
                collect(array.get(i), slots);
            }
        }
    }

    /** The same type, and nearly the same value. */
    private JsonNode similar(JsonNode value, RandomGenerator random) {
        if (value.isTextual() && random.nextBoolean()) {
            String text = value.textValue();
            int at = random.nextInt(text.length() + 1);
            return NODES.textNode(text.substring(0, at)
                    + texts.get(random.nextInt(texts.size()))
                    + (random.nextBoolean() ? text.substring(at) : ""));
        }
        if (value.isNumber()) {
            return switch (random.nextInt(4)) {
                case 0 -> NODES.numberNode(value.longValue() + random.nextInt(-2, 3));
                case 1 -> NODES.numberNode(value.longValue() * (2 << random.nextInt(30)));
                case 2 -> NODES.numberNode(-value.doubleValue());
                default -> NODES.numberNode(value.doubleValue() / 3);
            };
        }
        return value(random);
    }

    private JsonNode value(RandomGenerator random) {
        return switch (random.nextInt(14)) {
            case 0 -> NODES.nullNode();
            case 1 -> NODES.booleanNode(random.nextBoolean());
            case 2 -> NODES.numberNode(random.nextInt(-1, 3));
            case 3 -> NODES.numberNode(1 << random.nextInt(32));
            case 4 -> NODES.numberNode(Integer.MAX_VALUE - random.nextInt(2));
            case 5 -> NODES.numberNode(random.nextBoolean() ? Long.MAX_VALUE : Long.MIN_VALUE);
            case 6 -> NODES.numberNode(BigInteger.TEN.pow(random.nextInt(20, 900)));
            case 7 -> NODES.numberNode(random.nextBoolean() ? 1e308 : 5e-324);
            case 8 -> NODES.arrayNode();
            case 9 -> NODES.objectNode();
            case 10 -> nested(random.nextInt(2, 1500));
            default -> NODES.textNode(texts.get(random.nextInt(texts.size())));
        };
    }

    private static JsonNode nested(int depth) {
        ArrayNode outermost = NODES.arrayNode();
        ArrayNode inner = outermost;
        for (int i = 1; i < depth; i++) {
            inner = inner.addArray();
        }
        return outermost;
    }
}
