package io.github.unipic.batch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.DescribeRequest;
import io.github.unipic.DiffusionSteps;
import io.github.unipic.GenerateRequest;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.MaskChannel;
import io.github.unipic.Reuse;
import io.github.unipic.VisionPath;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The JSON form of entries: in a prompts file, and between processes. Keys are those of images' metadata. */
final class EntryJson {
    private static final JsonMapper JSON = new JsonMapper();

    static final String ALLOW_SPECIAL_TOKENS = "allow_special_tokens";
    static final String GUIDANCE_REUSE = "guidance_reuse";
    static final String TOKEN_REUSE = "token_reuse";
    static final String NEGATIVE_PROMPT = "negative_prompt";
    private static final Set<String> SAMPLING = Set.of(
            "prompt",
            "id",
            "seed",
            "iterations",
            "guidance",
            "guidance_schedule",
            GUIDANCE_REUSE,
            TOKEN_REUSE,
            NEGATIVE_PROMPT,
            "temperature",
            "diffusion_steps",
            "fast");
    private static final Set<String> SIZE = Set.of("width", "height");
    private static final Set<String> EDIT = Set.of("image", "pad");
    private static final Set<String> INPAINT = Set.of("image", "mask", "mask_channel", "seam");
    private static final Set<String> DESCRIBE = Set.of(
            "id",
            "image",
            "images",
            "question",
            "max_tokens",
            "temperature",
            "top_p",
            "top_k",
            "repetition_penalty",
            "stop",
            "seed",
            "vision");

    /** Below, each whole number has a double of its own, so that it is the one that was written. */
    private static final double EXACT = 1L << 53;

    private EntryJson() {}

    /** Whether some task is told something by a key. */
    static boolean isKey(String key) {
        return Stream.of(SAMPLING, SIZE, EDIT, INPAINT, DESCRIBE).anyMatch(keys -> keys.contains(key));
    }

    /** Whether a task is told something by a key. */
    static boolean isKeyOf(BatchTask task, String key) {
        if (task instanceof BatchTask.Describe) {
            return DESCRIBE.contains(key);
        }
        return SAMPLING.contains(key)
                || task instanceof BatchTask.Generate && SIZE.contains(key)
                || task instanceof BatchTask.Edit && (SIZE.contains(key) || EDIT.contains(key))
                || task instanceof BatchTask.Inpaint && INPAINT.contains(key);
    }

    // ---- between processes

    static String write(BatchEntry entry) {
        BatchTask task = entry.task();
        ObjectNode json = JSON.createObjectNode();
        json.put("index", entry.index());
        entry.id().ifPresent(id -> json.put("id", id));
        json.put("file", entry.file());
        json.put("origin", entry.origin());
        json.put(task instanceof BatchTask.Describe ? "question" : "prompt", task.prompt());
        if (task instanceof BatchTask.Edit edit) {
            json.put("image", absolute(edit.image()));
        } else if (task instanceof BatchTask.Inpaint inpaint) {
            json.put("image", absolute(inpaint.image()));
            json.put("mask", absolute(inpaint.mask()));
        } else if (task instanceof BatchTask.Describe describe) {
            ArrayNode images = json.putArray("images");
            describe.images().forEach(image -> images.add(absolute(image)));
        }
        json.setAll(settings(task));
        return json.toString();
    }

    static BatchEntry read(String text) {
        try {
            JsonNode json = JSON.readTree(text);
            int index = required(json, "index");
            PromptsFile.Defaults tokens = new PromptsFile.Defaults() {
                @Override
                public void applyTo(GenerateRequest.Builder builder, int entry) {
                    builder.allowSpecialTokens(json.path(ALLOW_SPECIAL_TOKENS).asBoolean());
                }

                @Override
                public void applyTo(DescribeRequest.Builder builder, int entry) {
                    builder.allowSpecialTokens(json.path(ALLOW_SPECIAL_TOKENS).asBoolean());
                }
            };
            return new BatchEntry(
                    index,
                    id(json),
                    json.path("file").asText(),
                    json.path("origin").asText(),
                    task(json, index, Path.of(""), tokens));
        } catch (JsonProcessingException e) {
            throw new InvalidRequestException("an entry is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static String absolute(Path file) {
        return file.toAbsolutePath().toString();
    }

    /** The values that a task sets, as in an image's metadata, and the seed. */
    static ObjectNode settings(BatchTask task) {
        ObjectNode values;
        if (task instanceof BatchTask.Generate generate) {
            values = settings(generate.request());
        } else if (task instanceof BatchTask.Edit edit) {
            values = settings(edit.settings());
            if (edit.pad()) {
                values.put("pad", true);
            }
        } else if (task instanceof BatchTask.Inpaint inpaint) {
            values = settings(inpaint.settings());
            values.put("mask_channel", inpaint.maskChannel().name().toLowerCase(Locale.ROOT));
            inpaint.seam().ifPresent(seam -> values.put("seam", seam));
        } else {
            values = settings(((BatchTask.Describe) task).settings());
        }
        return readBack(values);
    }

    private static ObjectNode settings(GenerateRequest request) {
        try {
            ObjectNode values = (ObjectNode) JSON.readTree(request.toMetadata().get("parameters"));
            request.seed().ifPresent(seed -> values.put("seed", seed));
            return values;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static ObjectNode settings(DescribeRequest request) {
        ObjectNode values = JSON.createObjectNode();
        values.put("max_tokens", request.maxTokens());
        values.put("temperature", request.temperature());
        values.put("top_p", request.topP());
        values.put("top_k", request.topK());
        values.put("repetition_penalty", request.repetitionPenalty());
        if (!request.stopSequences().isEmpty()) {
            ArrayNode stops = values.putArray("stop");
            request.stopSequences().forEach(stops::add);
        }
        request.vision().ifPresent(vision -> values.put("vision", vision.name().toLowerCase(Locale.ROOT)));
        if (request.allowSpecialTokens()) {
            values.put(ALLOW_SPECIAL_TOKENS, true);
        }
        request.seed().ifPresent(seed -> values.put("seed", seed));
        return values;
    }

    /** For comparisons, because in Jackson an int 7 does not equal a long 7. */
    static ObjectNode readBack(ObjectNode values) {
        try {
            return (ObjectNode) JSON.readTree(values.toString());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    // ---- reading

    static Optional<String> id(JsonNode node) {
        return value(node, "id", value -> value.isTextual() || isWhole(value), "text or a whole number")
                .map(EntryJson::text);
    }

    /**
     * Reads a task.
     *
     * @param node a prompt, or an object
     * @param base that the names of files are relative to
     * @throws InvalidRequestException if a value is missing or invalid
     */
    static BatchTask task(JsonNode node, int index, Path base, PromptsFile.Defaults defaults) {
        if (!node.isTextual() && !node.isObject()) {
            throw new InvalidRequestException("neither a prompt in quotes nor {\"prompt\": \"...\"}");
        }
        List<Path> images = images(node, base);
        if (node.hasNonNull("question")) {
            if (node.hasNonNull("prompt") || node.hasNonNull("mask")) {
                throw new InvalidRequestException(
                        "\"question\" describes and \"prompt\" and \"mask\" edit; make two entries");
            }
            return new BatchTask.Describe(images, question(node, index, defaults));
        }
        if (images.isEmpty() && node.hasNonNull("mask")) {
            throw new InvalidRequestException("\"mask\" is there, but \"image\" is missing");
        }
        if (images.isEmpty()) {
            return new BatchTask.Generate(withSize(node, index, defaults));
        }
        if (!node.hasNonNull("prompt")) {
            throw new InvalidRequestException(
                    "beside the image there is neither \"prompt\", to edit it, nor \"question\", to describe it");
        }
        if (images.size() > 1) {
            throw new InvalidRequestException("only a \"question\" takes several images; edit them one by one");
        }
        if (node.hasNonNull("mask")) {
            Optional<JsonNode> channel = value(
                    node,
                    "mask_channel",
                    value -> isOneOf(MaskChannel.values(), value),
                    "\"auto\", \"gray\" or \"alpha\"");
            Optional<JsonNode> seam = integer(node, "seam");
            return new BatchTask.Inpaint(
                    images.get(0),
                    file(node.path("mask"), "mask", base),
                    channel.map(value -> MaskChannel.valueOf(upper(value))).orElse(MaskChannel.AUTO),
                    seam.isPresent() ? OptionalInt.of(seam.get().intValue()) : OptionalInt.empty(),
                    withoutSize(node, index, defaults));
        }
        boolean pad = value(node, "pad", JsonNode::isBoolean, "true or false")
                .map(JsonNode::booleanValue)
                .orElse(false);
        return new BatchTask.Edit(images.get(0), pad, withSize(node, index, defaults));
    }

    private static List<Path> images(JsonNode node, Path base) {
        List<Path> images = new ArrayList<>();
        value(node, "image", value -> true, "").ifPresent(image -> images.add(file(image, "image", base)));
        value(node, "images", JsonNode::isArray, "a list of file names")
                .ifPresent(list -> list.forEach(image -> images.add(file(image, "images", base))));
        return images;
    }

    private static Path file(JsonNode name, String key, Path base) {
        if (!name.isTextual() || name.textValue().isEmpty()) {
            throw new InvalidRequestException("\"" + key + "\" must be the name of a file, not " + name);
        }
        try {
            return base.resolve(name.textValue());
        } catch (InvalidPathException e) {
            throw new InvalidRequestException("\"" + key + "\" is not the name of a file: " + e.getReason(), e);
        }
    }

    private static GenerateRequest withSize(JsonNode node, int index, PromptsFile.Defaults defaults) {
        GenerateRequest.Builder builder = sampling(node, index, defaults);
        Optional<JsonNode> width = integer(node, "width");
        Optional<JsonNode> height = integer(node, "height");
        if (width.isPresent() != height.isPresent()) {
            throw new InvalidRequestException("give both \"width\" and \"height\", or neither");
        }
        width.ifPresent(
                value -> builder.size(value.intValue(), height.orElseThrow().intValue()));
        return builder.build();
    }

    /** Defaults may have set a size, which inpainting does not take. */
    private static GenerateRequest withoutSize(JsonNode node, int index, PromptsFile.Defaults defaults) {
        if (node.hasNonNull("width") || node.hasNonNull("height")) {
            throw new InvalidRequestException("inpainting keeps the image's size; leave \"width\" and \"height\" out");
        }
        GenerateRequest sized = sampling(node, index, defaults).build();
        return Sampling.copy(sized, GenerateRequest.builder(sized.prompt())).build();
    }

    private static Optional<Reuse> reuse(JsonNode node, String name) {
        return value(node, name, JsonNode::isObject, "an object with \"initial\" and \"every\"")
                .map(value -> {
                    try {
                        return new Reuse(required(value, "initial"), required(value, "every"));
                    } catch (InvalidRequestException e) {
                        throw new InvalidRequestException("\"" + name + "\": " + e.getMessage(), e);
                    }
                });
    }

    private static GenerateRequest.Builder sampling(JsonNode node, int index, PromptsFile.Defaults defaults) {
        JsonNode prompt = node.isTextual() ? node : node.path("prompt");
        if (!prompt.isTextual()) {
            throw new InvalidRequestException("\"prompt\" is missing or is not text in quotes");
        }
        GenerateRequest.Builder builder = GenerateRequest.builder(prompt.textValue());
        defaults.applyTo(builder, index);
        value(node, "fast", JsonNode::isBoolean, "true or false")
                .filter(JsonNode::booleanValue)
                .ifPresent(value -> builder.fast());
        seed(node).ifPresent(value -> builder.seed(value.longValue()));
        integer(node, "iterations").ifPresent(value -> builder.iterations(value.intValue()));
        value(node, "diffusion_steps", EntryJson::isSteps, "a whole number, or text such as \"50..5\"")
                .ifPresent(value -> builder.diffusionSteps(DiffusionSteps.parse(text(value))));
        reuse(node, GUIDANCE_REUSE).ifPresent(builder::guidanceReuse);
        reuse(node, TOKEN_REUSE).ifPresent(builder::tokenReuse);
        value(node, NEGATIVE_PROMPT, JsonNode::isTextual, "text in quotes")
                .ifPresent(value -> builder.negativePrompt(value.textValue()));
        number(node, "guidance").ifPresent(value -> builder.guidance(value.doubleValue()));
        number(node, "temperature").ifPresent(value -> builder.temperature(value.doubleValue()));
        value(
                        node,
                        "guidance_schedule",
                        value -> isOneOf(GuidanceSchedule.values(), value),
                        "\"constant\" or \"linear\"")
                .ifPresent(value -> builder.guidanceSchedule(GuidanceSchedule.valueOf(upper(value))));
        return builder;
    }

    private static DescribeRequest question(JsonNode node, int index, PromptsFile.Defaults defaults) {
        String question = value(node, "question", JsonNode::isTextual, "text in quotes")
                .map(JsonNode::textValue)
                .orElse("");
        DescribeRequest.Builder builder = DescribeRequest.builder(question);
        defaults.applyTo(builder, index);
        seed(node).ifPresent(value -> builder.seed(value.longValue()));
        integer(node, "max_tokens").ifPresent(value -> builder.maxTokens(value.intValue()));
        integer(node, "top_k").ifPresent(value -> builder.topK(value.intValue()));
        number(node, "temperature").ifPresent(value -> builder.temperature(value.doubleValue()));
        number(node, "top_p").ifPresent(value -> builder.topP(value.doubleValue()));
        number(node, "repetition_penalty").ifPresent(value -> builder.repetitionPenalty(value.doubleValue()));
        value(node, "vision", value -> isOneOf(VisionPath.values(), value), "\"siglip\" or \"mar\"")
                .ifPresent(value -> builder.vision(VisionPath.valueOf(upper(value))));
        value(node, "stop", EntryJson::isTexts, "a list of texts in quotes")
                .ifPresent(stops -> stops.forEach(stop -> builder.stopSequence(stop.textValue())));
        return builder.build();
    }

    private static boolean isSteps(JsonNode value) {
        return value.isTextual() || isWhole(value) && value.canConvertToInt();
    }

    private static int required(JsonNode node, String key) {
        return integer(node, key)
                .orElseThrow(() -> new InvalidRequestException("\"" + key + "\" is missing"))
                .intValue();
    }

    /** Also 7.0, which tables have where some of a column's whole numbers are missing. */
    private static boolean isWhole(JsonNode value) {
        return value.isIntegralNumber()
                || value.isNumber() && value.canConvertToExactIntegral() && Math.abs(value.doubleValue()) < EXACT;
    }

    /** Of text or a whole number. */
    private static String text(JsonNode value) {
        return value.isFloatingPointNumber() ? Long.toString(value.longValue()) : value.asText();
    }

    private static boolean isTexts(JsonNode value) {
        boolean texts = value.isArray();
        for (JsonNode text : value) {
            texts &= text.isTextual();
        }
        return texts;
    }

    private static boolean isOneOf(Enum<?>[] constants, JsonNode value) {
        for (Enum<?> constant : constants) {
            if (value.isTextual() && constant.name().equalsIgnoreCase(value.textValue())) {
                return true;
            }
        }
        return false;
    }

    private static String upper(JsonNode value) {
        return value.textValue().toUpperCase(Locale.ROOT);
    }

    private static Optional<JsonNode> seed(JsonNode node) {
        return value(node, "seed", value -> isWhole(value) && value.canConvertToLong(), "a whole number");
    }

    private static Optional<JsonNode> integer(JsonNode node, String key) {
        return value(node, key, value -> isWhole(value) && value.canConvertToInt(), "a whole number");
    }

    private static Optional<JsonNode> number(JsonNode node, String key) {
        return value(node, key, JsonNode::isNumber, "a number");
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
