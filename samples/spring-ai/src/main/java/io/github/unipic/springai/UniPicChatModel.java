package io.github.unipic.springai;

import io.github.unipic.Answer;
import io.github.unipic.Cancellation;
import io.github.unipic.Conversation;
import io.github.unipic.ConversationCache;
import io.github.unipic.DescribeRequest;
import io.github.unipic.ReadOptions;
import io.github.unipic.UniPic;
import io.github.unipic.VisionPath;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.metadata.ChatGenerationMetadata;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.StructuredOutputChatOptions;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/**
 * Answers about images. The messages before the last one are the conversation's history; those of one role that follow
 * one another become one, because the model's turns alternate. Safe to use from many threads.
 *
 * <pre>{@code
 * ChatModel model = UniPicChatModel.builder(unipic).build();
 * UserMessage question = UserMessage.builder()
 *         .text("What animal is this?")
 *         .media(new Media(MimeTypeUtils.IMAGE_PNG, new FileSystemResource("fox.png")))
 *         .build();
 * String answer = model.call(question);
 * }</pre>
 */
public final class UniPicChatModel implements ChatModel {
    private final UniPic unipic;
    private final ChatOptions defaults;
    private final Messages messages;
    private final Consumer<DescribeRequest.Builder> further;
    private final Optional<ConversationCache> cache;
    private final Executor executor;

    private UniPicChatModel(Builder builder) {
        unipic = builder.unipic;
        defaults = builder.options.mutate().model(unipic.info().name()).build();
        messages = new Messages(new MediaFiles(builder.readOptions));
        further = builder.further;
        cache = builder.cache;
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
    public ChatOptions getOptions() {
        return defaults;
    }

    @Override
    public ChatResponse call(Prompt prompt) {
        Answer answer = ask(toRequest(prompt).build());
        return response(newId(), answer.text(), Optional.of(answer));
    }

    /**
     * Answers, and passes on each part of the answer as it is generated. A last response without text has finish reason
     * and usage. The model stops when the subscription is cancelled.
     *
     * @param prompt the messages, and options of this answer
     * @return the parts; each subscription is an answer of its own
     */
    @Override
    public Flux<ChatResponse> stream(Prompt prompt) {
        return Flux.create(sink -> executor.execute(() -> answer(prompt, sink)));
    }

    private void answer(Prompt prompt, FluxSink<ChatResponse> sink) {
        try {
            String id = newId();
            Cancellation cancellation = new Cancellation();
            sink.onCancel(cancellation::cancel);
            Answer answer = ask(toRequest(prompt)
                    .cancellation(cancellation)
                    .listener(text -> sink.next(response(id, text, Optional.empty())))
                    .build());
            sink.next(response(id, "", Optional.of(answer)));
            sink.complete();
        } catch (Throwable e) {
            // Whoever cancelled knows.
            if (!sink.isCancelled()) {
                sink.error(e);
            }
        }
    }

    private Answer ask(DescribeRequest request) {
        if (cache.isPresent()) {
            return cache.get().ask(unipic, request);
        }
        try (Conversation conversation = unipic.conversation()) {
            return conversation.ask(request);
        }
    }

    private DescribeRequest.Builder toRequest(Prompt prompt) {
        Optional<ChatOptions> options = Optional.ofNullable(prompt.getOptions());
        options.ifPresent(given -> requireSupported(given, unipic.info().name()));
        DescribeRequest.Builder request = DescribeRequest.builder(messages.of(prompt.getInstructions()));
        further.accept(request);
        apply(request, options);
        return request;
    }

    /** The prompt's options, then the model's. */
    private void apply(DescribeRequest.Builder request, Optional<ChatOptions> options) {
        value(options, ChatOptions::getMaxTokens).ifPresent(request::maxTokens);
        value(options, ChatOptions::getTemperature).ifPresent(request::temperature);
        value(options, ChatOptions::getTopP).ifPresent(request::topP);
        value(options, ChatOptions::getTopK).ifPresent(request::topK);
        value(options, ChatOptions::getStopSequences).ifPresent(texts -> texts.forEach(request::stopSequence));
    }

    private <T> Optional<T> value(Optional<ChatOptions> options, Function<ChatOptions, T> option) {
        return options.map(option).or(() -> Optional.ofNullable(option.apply(defaults)));
    }

    private static void requireSupported(ChatOptions options, String name) {
        Unsupported.requireName(Optional.ofNullable(options.getModel()), name);
        requireZero("frequencyPenalty", options.getFrequencyPenalty());
        requireZero("presencePenalty", options.getPresencePenalty());
        if (options instanceof ToolCallingChatOptions tools
                && tools.getToolCallbacks() != null
                && !tools.getToolCallbacks().isEmpty()) {
            throw Unsupported.feature("calling tools");
        }
        if (options instanceof StructuredOutputChatOptions structured && structured.getOutputSchema() != null) {
            throw Unsupported.feature("an output schema");
        }
    }

    private static void requireZero(String name, Double penalty) {
        if (penalty != null && penalty != 0) {
            throw Unsupported.feature(name);
        }
    }

    private static String newId() {
        return "unipic-" + UUID.randomUUID();
    }

    /** @param answer for the last response */
    private ChatResponse response(String id, String text, Optional<Answer> answer) {
        ChatGenerationMetadata end = answer.map(whole -> ChatGenerationMetadata.builder()
                        .finishReason(finishReason(whole))
                        .build())
                .orElse(ChatGenerationMetadata.NULL);
        ChatResponseMetadata.Builder metadata =
                ChatResponseMetadata.builder().id(id).model(unipic.info().name());
        answer.ifPresent(whole -> metadata.usage(usage(whole)));
        return new ChatResponse(List.of(new Generation(new AssistantMessage(text), end)), metadata.build());
    }

    private static DefaultUsage usage(Answer answer) {
        int generated = answer.tokens().size();
        return new DefaultUsage(
                answer.promptTokens(),
                generated,
                answer.promptTokens() + generated,
                null,
                (long) answer.cachedTokens(),
                null);
    }

    private static String finishReason(Answer answer) {
        return switch (answer.finishReason()) {
            case STOP_TOKEN, STOP_SEQUENCE -> "STOP";
            case MAX_TOKENS, CONTEXT_FULL -> "LENGTH";
        };
    }

    /** Gathers a model's options. Not thread-safe. */
    public static final class Builder {
        private final UniPic unipic;
        private ChatOptions options = ChatOptions.builder().build();
        private Consumer<DescribeRequest.Builder> further = request -> {};
        private Optional<ConversationCache> cache = Optional.empty();
        private ReadOptions readOptions = ReadOptions.DEFAULT;
        private Executor executor = Builder::start;

        private Builder(UniPic unipic) {
            this.unipic = Objects.requireNonNull(unipic, "unipic");
        }

        /** Answers take long and are few. */
        private static void start(Runnable task) {
            Thread thread = new Thread(task, "unipic-answer");
            thread.setDaemon(true);
            thread.start();
        }

        /**
         * Sets what prompts do not say themselves: most tokens, temperature, top p, top k and stop sequences.
         *
         * @param defaults of values that {@link DescribeRequest.Builder} takes; those not set are its defaults
         * @return this builder
         */
        public Builder options(ChatOptions defaults) {
            options = Objects.requireNonNull(defaults, "defaults");
            return this;
        }

        /**
         * Sets how much less likely tokens become that were used before.
         *
         * @param penalty above 0, at most 100; 1, the default, changes nothing
         * @return this builder
         */
        public Builder repetitionPenalty(double penalty) {
            return with(request -> request.repetitionPenalty(penalty));
        }

        /**
         * Fixes how tokens are sampled, so that the same messages have the same answer. Without effect on greedy
         * answers.
         *
         * @param value any; chosen at random for each answer by default
         * @return this builder
         */
        public Builder seed(long value) {
            return with(request -> request.seed(value));
        }

        /**
         * Sets the encoder that looks at the images of the last message.
         *
         * @param path one that the model has graphs for; by default SigLIP2 where the model has it, else MAR
         * @return this builder
         */
        public Builder vision(VisionPath path) {
            return with(request -> request.vision(path));
        }

        private Builder with(Consumer<DescribeRequest.Builder> option) {
            further = further.andThen(option);
            return this;
        }

        /**
         * Sets where conversations are kept, so that a chat memory's messages, which come again with each question, are
         * not computed again.
         *
         * @param conversations its owner closes it, after this model's last answer and before the {@link UniPic};
         *     several models may share one; none by default
         * @return this builder
         */
        public Builder conversationCache(ConversationCache conversations) {
            cache = Optional.of(conversations);
            return this;
        }

        /**
         * Sets how images in messages are read.
         *
         * @param imageOptions how large they may be, and whether they are turned upright; {@link ReadOptions#DEFAULT}
         *     by default
         * @return this builder
         */
        public Builder readOptions(ReadOptions imageOptions) {
            readOptions = Objects.requireNonNull(imageOptions, "imageOptions");
            return this;
        }

        /**
         * Sets what runs the answers of {@link UniPicChatModel#stream}.
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
         * @throws io.github.unipic.InvalidRequestException naming the option that is out of range
         * @throws UnsupportedOperationException naming the option that is not supported
         */
        public UniPicChatModel build() {
            requireSupported(options, unipic.info().name());
            UniPicChatModel model = new UniPicChatModel(this);
            DescribeRequest.Builder request = DescribeRequest.builder("");
            further.accept(request);
            model.apply(request, Optional.empty());
            request.build();
            return model;
        }
    }
}
