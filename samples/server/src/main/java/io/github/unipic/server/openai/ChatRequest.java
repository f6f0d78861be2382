package io.github.unipic.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.unipic.DescribeRequest;
import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.Message;
import io.github.unipic.server.http.HttpError;
import io.github.unipic.server.http.Parameters;
import io.github.unipic.server.images.SubmittedImages;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * A conversation whose last message, the user's, is to be answered.
 *
 * @param question with its history; to be completed with listener and cancellation
 * @param stream whether the answer comes in chunks
 * @param includeUsage whether a stream ends with the numbers of tokens
 */
record ChatRequest(DescribeRequest.Builder question, boolean stream, boolean includeUsage) {
    private static final int MOST_TOKENS = 32_768;
    private static final int MOST_MESSAGES = 1000;
    private static final int MOST_IMAGES = 64;
    private static final int HOTTEST = 100;
    private static final int MOST_STOP_SEQUENCES = 64;
    private static final int LONGEST_STOP_SEQUENCE = 10_000;
    private static final int LONGEST_TEXT = 100_000;

    /** Reads it. */
    static ChatRequest of(Parameters parameters, SubmittedImages.OfRequest images) {
        refuseUnsupported(parameters);
        DescribeRequest.Builder question = question(new Reader(images).messages(parameters));
        OptionalInt most = parameters.integer("max_completion_tokens", 1, MOST_TOKENS);
        (most.isPresent() ? most : parameters.integer("max_tokens", 1, MOST_TOKENS)).ifPresent(question::maxTokens);
        parameters.number("temperature", 0, HOTTEST).ifPresent(question::temperature);
        topP(parameters).ifPresent(question::topP);
        parameters.integer("seed").ifPresent(question::seed);
        stopSequences(parameters).forEach(question::stopSequence);
        return new ChatRequest(question, parameters.flag("stream"), includeUsage(parameters));
    }

    private static DescribeRequest.Builder question(List<Message> messages) {
        try {
            return DescribeRequest.builder(messages);
        } catch (InvalidRequestException e) {
            throw HttpError.invalid("messages", "'messages': " + e.getMessage());
        }
    }

    private static void refuseUnsupported(Parameters parameters) {
        if (parameters.integer("n", 1, Integer.MAX_VALUE).orElse(1) != 1) {
            throw HttpError.unsupported("n", "one answer at a time: 'n' must be 1");
        }
        if (parameters.node("logprobs").filter(JsonNode::asBoolean).isPresent()) {
            throw HttpError.unsupported("logprobs", "log probabilities are not available");
        }
        boolean tools = parameters.node("tools").filter(list -> !list.isEmpty()).isPresent();
        boolean none = parameters
                .node("tool_choice")
                .filter(choice -> choice.asText().equals("none"))
                .isPresent();
        if (tools && !none) {
            throw HttpError.unsupported("tools", "this model calls no tools; leave 'tools' out");
        }
        parameters
                .node("response_format")
                .map(format -> format.path("type").asText("text"))
                .filter(type -> !type.equals("text"))
                .ifPresent(type -> {
                    throw HttpError.unsupported("response_format", "answers are text; leave 'response_format' out");
                });
    }

    private static boolean includeUsage(Parameters parameters) {
        Optional<JsonNode> options = parameters.node("stream_options");
        if (options.filter(node -> !node.isObject()).isPresent()) {
            throw HttpError.invalid("stream_options", "'stream_options' must be an object");
        }
        return options.filter(node -> node.path("include_usage").asBoolean()).isPresent();
    }

    private static OptionalDouble topP(Parameters parameters) {
        OptionalDouble value = parameters.number("top_p");
        value.ifPresent(probability -> {
            if (probability <= 0 || probability > 1) {
                throw HttpError.invalid("top_p", "'top_p' must be above 0 and at most 1, not " + probability);
            }
        });
        return value;
    }

    private static List<String> stopSequences(Parameters parameters) {
        Optional<JsonNode> stop = parameters.node("stop");
        if (stop.isEmpty()) {
            return List.of();
        }
        List<String> sequences = new ArrayList<>();
        for (JsonNode sequence : stop.get().isArray() ? stop.get() : List.of(stop.get())) {
            if (!sequence.isTextual()) {
                throw HttpError.invalid("stop", "'stop' must be a string or a list of strings");
            }
            String text = Parameters.checked("stop", sequence.textValue());
            if (text.length() > LONGEST_STOP_SEQUENCE) {
                throw HttpError.invalid("stop", "'stop' has a string of over " + LONGEST_STOP_SEQUENCE + " characters");
            }
            if (!text.isEmpty()) {
                sequences.add(text);
            }
        }
        if (sequences.size() > MOST_STOP_SEQUENCES) {
            throw HttpError.invalid("stop", "'stop' must have at most " + MOST_STOP_SEQUENCES + " strings");
        }
        return sequences;
    }

    /** Reads messages. */
    private static final class Reader {
        private final SubmittedImages.OfRequest submitted;
        private final List<Message> messages = new ArrayList<>();
        private int imageCount;

        Reader(SubmittedImages.OfRequest submitted) {
            this.submitted = submitted;
        }

        List<Message> messages(Parameters parameters) {
            JsonNode list = parameters
                    .node("messages")
                    .filter(JsonNode::isArray)
                    .filter(array -> !array.isEmpty())
                    .orElseThrow(() -> HttpError.invalid("messages", "'messages' must be a list with a message"));
            if (list.size() > MOST_MESSAGES) {
                throw HttpError.invalid(
                        "messages",
                        "there are " + list.size() + " messages; at most " + MOST_MESSAGES + " are allowed");
            }
            for (int i = 0; i < list.size(); i++) {
                add("messages[" + i + "]", list.get(i));
            }
            return messages;
        }

        private void add(String name, JsonNode message) {
            String role = message.path("role").asText();
            JsonNode content = message.path("content");
            String text = Parameters.checked(name, text(name, content, role.equals("assistant")));
            boolean onlySystem = messages.stream().allMatch(Message.System.class::isInstance);
            switch (role) {
                case "system", "developer" -> {
                    if (!onlySystem) {
                        throw HttpError.unsupported(
                                name, name + ": a system message can be the first one only; put it before the others");
                    }
                    refuseImages(name, content);
                    messages.add(new Message.System(text));
                }
                case "user" -> messages.add(new Message.User(text, images(name, content)));
                case "assistant" -> {
                    if (onlySystem) {
                        throw HttpError.unsupported(name, name + ": a conversation begins with the user's message");
                    }
                    refuseImages(name, content);
                    messages.add(new Message.Assistant(text));
                }
                default ->
                    throw HttpError.unsupported(
                            name,
                            name + " has the role '" + Parameters.shown(role)
                                    + "', which is not one of system, user and assistant");
            }
        }

        /** The text of a content, which is a string or a list of parts. */
        private static String text(String name, JsonNode content, boolean mayBeMissing) {
            StringBuilder text = new StringBuilder();
            if (content.isTextual()) {
                append(name, text, content.textValue());
                return text.toString();
            }
            if (!content.isArray()) {
                if (mayBeMissing && (content.isNull() || content.isMissingNode())) {
                    return "";
                }
                throw HttpError.invalid(name, name + ".content must be a string or a list of parts");
            }
            for (JsonNode part : content) {
                switch (part.path("type").asText()) {
                    case "text", "refusal" ->
                        append(
                                name,
                                text,
                                partText(name, part.path(part.path("type").asText())));
                    case "image_url" -> {}
                    default ->
                        throw HttpError.unsupported(
                                name,
                                name + " has a part of type '"
                                        + Parameters.shown(part.path("type").asText())
                                        + "'; text and image_url are possible");
                }
            }
            return text.toString();
        }

        /** Adds a part's text on a line of its own, and refuses what gets too long before it is copied. */
        private static void append(String name, StringBuilder text, String part) {
            String separator = text.isEmpty() || part.isEmpty() ? "" : "\n";
            if (text.length() + separator.length() + part.length() > LONGEST_TEXT) {
                throw HttpError.invalid(name, name + " has more than " + LONGEST_TEXT + " characters");
            }
            text.append(separator).append(part);
        }

        private static String partText(String name, JsonNode text) {
            if (!text.isTextual()) {
                throw HttpError.invalid(name, name + " has a part whose text is no string");
            }
            return text.textValue();
        }

        private static void refuseImages(String name, JsonNode content) {
            for (JsonNode part : content) {
                if (isImage(part)) {
                    throw HttpError.unsupported(
                            name,
                            name + " has an image, which only the user's messages can have; put it into one of them");
                }
            }
        }

        private static boolean isImage(JsonNode part) {
            return part.path("type").asText().equals("image_url");
        }

        private List<Image> images(String name, JsonNode content) {
            List<Image> images = new ArrayList<>();
            for (JsonNode part : content.isArray() ? content : List.<JsonNode>of()) {
                if (isImage(part)) {
                    if (++imageCount > MOST_IMAGES) {
                        throw HttpError.invalid("messages", "at most " + MOST_IMAGES + " images are allowed");
                    }
                    JsonNode url = part.path("image_url");
                    images.add(submitted.dataUrl(name, (url.isTextual() ? url : url.path("url")).asText()));
                }
            }
            return images;
        }
    }
}
