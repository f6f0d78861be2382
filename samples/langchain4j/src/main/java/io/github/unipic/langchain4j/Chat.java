package io.github.unipic.langchain4j;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.ChatResponseMetadata;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import io.github.unipic.Answer;
import io.github.unipic.Conversation;
import io.github.unipic.ConversationCache;
import io.github.unipic.DescribeRequest;
import io.github.unipic.UniPic;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * What both chat models do: requests and answers in the other's form.
 *
 * @param options those that LangChain4j's requests do not have
 */
record Chat(
        UniPic unipic,
        ChatRequestParameters defaults,
        List<ChatModelListener> listeners,
        Messages messages,
        Consumer<DescribeRequest.Builder> options,
        Optional<ConversationCache> cache) {

    /** The request, to be completed with listener and cancellation. */
    DescribeRequest.Builder toRequest(ChatRequest request) {
        ChatRequestParameters parameters = request.parameters();
        requireSupported(parameters, unipic.info().name());
        return Failures.translated(() -> {
            DescribeRequest.Builder builder = DescribeRequest.builder(messages.of(request.messages()));
            options.accept(builder);
            apply(parameters, builder);
            return builder;
        });
    }

    static void apply(ChatRequestParameters parameters, DescribeRequest.Builder builder) {
        given(parameters.maxOutputTokens()).ifPresent(builder::maxTokens);
        given(parameters.temperature()).ifPresent(builder::temperature);
        given(parameters.topP()).ifPresent(builder::topP);
        given(parameters.topK()).ifPresent(builder::topK);
        given(parameters.stopSequences()).ifPresent(sequences -> sequences.forEach(builder::stopSequence));
    }

    static void requireSupported(ChatRequestParameters parameters, String name) {
        given(parameters.modelName()).filter(asked -> !asked.equals(name)).ifPresent(asked -> {
            throw Failures.unsupported("modelName '" + asked + "' (the model is '" + name + "')");
        });
        given(parameters.frequencyPenalty()).filter(penalty -> penalty != 0).ifPresent(penalty -> {
            throw Failures.unsupported("frequencyPenalty");
        });
        given(parameters.presencePenalty()).filter(penalty -> penalty != 0).ifPresent(penalty -> {
            throw Failures.unsupported("presencePenalty");
        });
        if (parameters.toolChoice() == ToolChoice.REQUIRED) {
            throw Failures.unsupported("ToolChoice.REQUIRED");
        }
        given(parameters.toolSpecifications())
                .filter(tools -> !tools.isEmpty() && parameters.toolChoice() != ToolChoice.NONE)
                .ifPresent(tools -> {
                    throw Failures.unsupported("calling tools");
                });
        given(parameters.responseFormat())
                .filter(format -> format.type() == ResponseFormatType.JSON)
                .ifPresent(format -> {
                    throw Failures.unsupported("the JSON response format");
                });
    }

    /** LangChain4j's null is our empty. */
    private static <T> Optional<T> given(T value) {
        return Optional.ofNullable(value);
    }

    ChatResponse answer(DescribeRequest.Builder builder) {
        return response(Failures.translated(() -> ask(builder.build())));
    }

    private Answer ask(DescribeRequest request) {
        if (cache.isPresent()) {
            return cache.get().ask(unipic, request);
        }
        try (Conversation conversation = unipic.conversation()) {
            return conversation.ask(request);
        }
    }

    private ChatResponse response(Answer answer) {
        return ChatResponse.builder()
                .aiMessage(AiMessage.from(answer.text()))
                .metadata(ChatResponseMetadata.builder()
                        .id("unipic-" + UUID.randomUUID())
                        .modelName(unipic.info().name())
                        .tokenUsage(new TokenUsage(
                                answer.promptTokens(), answer.tokens().size()))
                        .finishReason(finishReason(answer))
                        .build())
                .build();
    }

    private static FinishReason finishReason(Answer answer) {
        return switch (answer.finishReason()) {
            case STOP_TOKEN, STOP_SEQUENCE -> FinishReason.STOP;
            case MAX_TOKENS, CONTEXT_FULL -> FinishReason.LENGTH;
        };
    }
}
