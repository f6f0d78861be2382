package io.github.unipic.langchain4j;

import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import io.github.unipic.DescribeRequest;
import io.github.unipic.UniPic;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;

/**
 * Answers as {@link UniPicChatModel} does, and passes on each part of the answer as it is generated. All calls of one
 * handler come from one thread, which waits for them. What the handler throws is passed to its {@code onError}, and the
 * answer goes on. After {@code context.streamingHandle().cancel()} no further call comes, and the model stops. Safe to
 * use from many threads.
 */
public final class UniPicStreamingChatModel implements StreamingChatModel {
    private final Chat chat;
    private final Executor executor;

    private UniPicStreamingChatModel(Builder builder) {
        chat = builder.chat();
        executor = builder.executor;
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
    public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
        AnswerStream stream = new AnswerStream(handler);
        try {
            DescribeRequest.Builder question = chat.toRequest(request);
            executor.execute(() -> stream.run(chat, question));
        } catch (InvalidRequestException e) {
            executor.execute(() -> stream.fail(e));
        }
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
        private Executor executor = Builder::start;

        private Builder(UniPic unipic) {
            super(unipic);
        }

        @Override
        Builder self() {
            return this;
        }

        /** Answers take long and are few. */
        private static void start(Runnable task) {
            Thread thread = new Thread(task, "unipic-answer");
            thread.setDaemon(true);
            thread.start();
        }

        /**
         * Sets what runs answers.
         *
         * @param answers by default each answer has a daemon thread of its own
         * @return this builder
         */
        public Builder executor(Executor answers) {
            executor = Objects.requireNonNull(answers, "answers");
            return this;
        }

        /**
         * Makes the model.
         *
         * @return the model
         * @throws dev.langchain4j.exception.InvalidRequestException naming the option that is out of range
         * @throws dev.langchain4j.exception.UnsupportedFeatureException naming the default that is not supported
         */
        public UniPicStreamingChatModel build() {
            return new UniPicStreamingChatModel(this);
        }
    }
}
