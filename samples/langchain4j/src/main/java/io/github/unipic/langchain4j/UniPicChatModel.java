package io.github.unipic.langchain4j;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import io.github.unipic.UniPic;
import java.util.List;

/**
 * Answers about images. The messages before the last one are the conversation's history; those of one role that follow
 * one another become one, because the model's turns alternate. Safe to use from many threads.
 *
 * <pre>{@code
 * ChatModel model = UniPicChatModel.builder(unipic).maxOutputTokens(200).build();
 * String answer = model.chat(UserMessage.from(
 *                 TextContent.from("What animal is this?"), ImageContent.from(Path.of("fox.png"), "image/png")))
 *         .aiMessage()
 *         .text();
 * }</pre>
 */
public final class UniPicChatModel implements ChatModel {
    private final Chat chat;

    private UniPicChatModel(Builder builder) {
        chat = builder.chat();
    }

    /**
     * Starts a model.
     *
     * @param unipic the model that computes; its owner closes it when this one is no longer used
     * @return a builder with nothing else set
     */
    public static Builder builder(UniPic unipic) {
        return new Builder(unipic);
    }

    @Override
    public ChatResponse doChat(ChatRequest request) {
        return chat.answer(chat.toRequest(request));
    }

    @Override
    public ChatRequestParameters defaultRequestParameters() {
        return chat.defaults();
    }

    @Override
    public List<ChatModelListener> listeners() {
        return chat.listeners();
    }

    /** Gathers a model's options. Not thread-safe. */
    public static final class Builder extends ChatModelBuilder<Builder> {
        private Builder(UniPic unipic) {
            super(unipic);
        }

        @Override
        Builder self() {
            return this;
        }

        /**
         * Makes the model.
         *
         * @return the model
         * @throws dev.langchain4j.exception.InvalidRequestException naming the option that is out of range
         * @throws dev.langchain4j.exception.UnsupportedFeatureException naming the default that is not supported
         */
        public UniPicChatModel build() {
            return new UniPicChatModel(this);
        }
    }
}
