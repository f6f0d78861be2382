package io.github.unipic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The one place that knows how a request is written as the text of an image. */
final class RequestMetadata {
    private static final String PROMPT = "prompt";
    private static final String SEED = "seed";
    private static final String PARAMETERS = "parameters";
    private static final String SOFTWARE = "Software";
    private static final String TASK = "task";
    private static final String NEGATIVE_PROMPT = "negative_prompt";
    private static final String DIFFUSION_STEPS = "diffusion_steps";
    private static final String GUIDANCE_REUSE = "guidance_reuse";
    private static final String TOKEN_REUSE = "token_reuse";
    private static final String ALLOW_SPECIAL_TOKENS = "allow_special_tokens";
    private static final String SOFTWARE_NAME = "UniPic SDK for Java";

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private RequestMetadata() {}

    /** The text of an image of this size that a request made. */
    static Map<String, String> write(ImageRequest request, OptionalInt width, OptionalInt height) {
        ObjectNode parameters = JSON.createObjectNode();
        width.ifPresent(value -> parameters.put("width", value));
        height.ifPresent(value -> parameters.put("height", value));
        request.iterations().ifPresent(value -> parameters.put("iterations", value));
        request.guidance().ifPresent(value -> parameters.put("guidance", value));
        request.guidanceSchedule()
                .ifPresent(value ->
                        parameters.put("guidance_schedule", value.name().toLowerCase(Locale.ROOT)));
        request.temperature().ifPresent(value -> parameters.put("temperature", value));
        // Text where they fall, so that a program that knows a number only does not take half of it for the whole.
        request.diffusionSteps().ifPresent(value -> {
            if (value.isConstant()) {
                parameters.put(DIFFUSION_STEPS, value.first());
            } else {
                parameters.put(DIFFUSION_STEPS, value.toString());
            }
        });
        request.guidanceReuse().ifPresent(value -> put(parameters, GUIDANCE_REUSE, value));
        request.tokenReuse().ifPresent(value -> put(parameters, TOKEN_REUSE, value));
        request.negativePrompt().ifPresent(value -> parameters.put(NEGATIVE_PROMPT, value));
        if (request.allowSpecialTokens()) {
            parameters.put(ALLOW_SPECIAL_TOKENS, true);
        }

        Map<String, String> text = new LinkedHashMap<>();
        text.put(PROMPT, request.prompt());
        request.seed().ifPresent(value -> text.put(SEED, Long.toString(value)));
        text.put(PARAMETERS, parameters.toString());
        text.put(SOFTWARE, SOFTWARE_NAME);
        return Collections.unmodifiableMap(text);
    }

    private static void put(ObjectNode parameters, String name, Reuse reuse) {
        parameters.putObject(name).put("initial", reuse.initial()).put("every", reuse.every());
    }

    static Optional<GenerateRequest> read(Map<String, String> text) {
        String prompt = text.get(PROMPT);
        String seed = text.get(SEED);
        String parameters = text.get(PARAMETERS);
        if (prompt == null || seed == null || parameters == null || text.containsKey(TASK)) {
            return Optional.empty();
        }
        try {
            JsonNode json = JSON.readTree(parameters);
            flag(json, ALLOW_SPECIAL_TOKENS);
            GenerateRequest.Builder builder = GenerateRequest.builder(prompt);
            text(json, NEGATIVE_PROMPT).ifPresent(builder::negativePrompt);
            reuse(json, GUIDANCE_REUSE).ifPresent(builder::guidanceReuse);
            reuse(json, TOKEN_REUSE).ifPresent(builder::tokenReuse);
            return Optional.of(builder.seed(Long.parseLong(seed))
                    .size(integer(json, "width"), integer(json, "height"))
                    .iterations(integer(json, "iterations"))
                    .guidance(number(json, "guidance"))
                    .guidanceSchedule(schedule(json, "guidance_schedule"))
                    .temperature(number(json, "temperature"))
                    .diffusionSteps(steps(json))
                    .build());
        } catch (JsonProcessingException | NumberFormatException | InvalidRequestException e) {
            return Optional.empty();
        }
    }

    /** Separate from the request, because the author of a file must not decide it. */
    static boolean allowsSpecialTokens(Map<String, String> text) {
        try {
            return read(text).isPresent() && flag(JSON.readTree(text.get(PARAMETERS)), ALLOW_SPECIAL_TOKENS);
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    private static int integer(JsonNode json, String name) {
        JsonNode value = json.path(name);
        if (!value.isInt()) {
            throw new InvalidRequestException(name + " is not an integer");
        }
        return value.intValue();
    }

    private static DiffusionSteps steps(JsonNode json) {
        JsonNode value = json.path(DIFFUSION_STEPS);
        return value.isTextual()
                ? DiffusionSteps.parse(value.textValue())
                : DiffusionSteps.constant(integer(json, DIFFUSION_STEPS));
    }

    /** Is left out where there is none. */
    private static Optional<Reuse> reuse(JsonNode json, String name) {
        JsonNode value = json.path(name);
        return value.isMissingNode()
                ? Optional.empty()
                : Optional.of(new Reuse(integer(value, "initial"), integer(value, "every")));
    }

    private static double number(JsonNode json, String name) {
        JsonNode value = json.path(name);
        if (!value.isNumber()) {
            throw new InvalidRequestException(name + " is not a number");
        }
        return value.doubleValue();
    }

    private static Optional<String> text(JsonNode json, String name) {
        JsonNode value = json.path(name);
        if (!value.isMissingNode() && !value.isTextual()) {
            throw new InvalidRequestException(name + " is not a text");
        }
        return Optional.ofNullable(value.textValue());
    }

    /** Is left out where it is false. */
    private static boolean flag(JsonNode json, String name) {
        JsonNode value = json.path(name);
        if (!value.isMissingNode() && !value.isBoolean()) {
            throw new InvalidRequestException(name + " is neither true nor false");
        }
        return value.asBoolean();
    }

    private static GuidanceSchedule schedule(JsonNode json, String name) {
        String value = json.path(name).asText();
        for (GuidanceSchedule schedule : GuidanceSchedule.values()) {
            if (schedule.name().toLowerCase(Locale.ROOT).equals(value)) {
                return schedule;
            }
        }
        throw new InvalidRequestException(name + " is not a guidance schedule");
    }
}
