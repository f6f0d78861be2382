package io.github.unipic.langchain4j;

import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import io.github.unipic.ConversationCache;
import io.github.unipic.DescribeRequest;
import io.github.unipic.ReadOptions;
import io.github.unipic.UniPic;
import io.github.unipic.VisionPath;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The options of both chat models. Those that LangChain4j's requests have too are defaults, which a request overrides.
 * Not thread-safe.
 *
 * @param <B> the builder's own class
 */
public abstract sealed class ChatModelBuilder<B extends ChatModelBuilder<B>>
        permits UniPicChatModel.Builder, UniPicStreamingChatModel.Builder {
    private final UniPic unipic;
    private ChatRequestParameters defaults = DefaultChatRequestParameters.EMPTY;
    private List<ChatModelListener> listeners = List.of();
    private ReadOptions readOptions = ReadOptions.DEFAULT;
    private Consumer<DescribeRequest.Builder> options = request -> {};
    private Optional<ConversationCache> cache = Optional.empty();

    ChatModelBuilder(UniPic unipic) {
        this.unipic = Objects.requireNonNull(unipic, "unipic");
    }

    abstract B self();

    /**
     * Sets what requests do not say themselves.
     *
     * @param parameters those that are set in it; others keep their values
     * @return this builder
     */
    public B defaultRequestParameters(ChatRequestParameters parameters) {
        defaults = defaults.overrideWith(parameters);
        return self();
    }

    /**
     * Sets how long answers may become.
     *
     * @param tokens most tokens, 1 to 100000; 1024 by default
     * @return this builder
     */
    public B maxOutputTokens(int tokens) {
        return defaultRequestParameters(
                ChatRequestParameters.builder().maxOutputTokens(tokens).build());
    }

    /**
     * Sets what logits are divided by before a token is sampled.
     *
     * @param value 0 to 100; 0, the default, is greedy
     * @return this builder
     */
    public B temperature(double value) {
        return defaultRequestParameters(
                ChatRequestParameters.builder().temperature(value).build());
    }

    /**
     * Samples only from the most likely tokens that together have this probability.
     *
     * @param probability above 0, at most 1; 1, the default, for all tokens
     * @return this builder
     */
    public B topP(double probability) {
        return defaultRequestParameters(
                ChatRequestParameters.builder().topP(probability).build());
    }

    /**
     * Samples only from this many of the most likely tokens.
     *
     * @param tokens 1 or more; 0, the default, for no limit
     * @return this builder
     */
    public B topK(int tokens) {
        return defaultRequestParameters(
                ChatRequestParameters.builder().topK(tokens).build());
    }

    /**
     * Sets texts that end the answer, and are not part of it.
     *
     * @param texts at most 64, of 1 to 10000 characters each; none by default
     * @return this builder
     */
    public B stopSequences(List<String> texts) {
        return defaultRequestParameters(
                ChatRequestParameters.builder().stopSequences(texts).build());
    }

    /**
     * Sets how much less likely tokens become that were used before.
     *
     * @param penalty above 0, at most 100; 1, the default, changes nothing
     * @return this builder
     */
    public B repetitionPenalty(double penalty) {
        return with(request -> request.repetitionPenalty(penalty));
    }

    /**
     * Fixes how tokens are sampled, so that the same messages have the same answer. Without effect on greedy answers.
     *
     * @param value any; chosen at random for each answer by default
     * @return this builder
     */
    public B seed(long value) {
        return with(request -> request.seed(value));
    }

    /**
     * Sets the encoder that looks at the images of the last message.
     *
     * @param path one that the model has graphs for; by default SigLIP2 where the model has it, else MAR
     * @return this builder
     */
    public B vision(VisionPath path) {
        return with(request -> request.vision(path));
    }

    /**
     * Sets who is notified of requests, answers and errors.
     *
     * @param modelListeners none by default
     * @return this builder
     */
    public B listeners(List<ChatModelListener> modelListeners) {
        listeners = List.copyOf(modelListeners);
        return self();
    }

    /**
     * Sets where conversations are kept, so that a chat memory's messages, which come again with each question, are not
     * computed again.
     *
     * @param conversations its owner closes it, after this model's last answer and before the {@link UniPic}; several
     *     models may share one; none by default
     * @return this builder
     */
    public B conversationCache(ConversationCache conversations) {
        cache = Optional.of(conversations);
        return self();
    }

    /**
     * Sets how images in messages are read.
     *
     * @param imageOptions how large they may be, and whether they are turned upright; {@link ReadOptions#DEFAULT} by
     *     default
     * @return this builder
     */
    public B readOptions(ReadOptions imageOptions) {
        readOptions = Objects.requireNonNull(imageOptions, "imageOptions");
        return self();
    }

    private B with(Consumer<DescribeRequest.Builder> option) {
        options = options.andThen(option);
        return self();
    }

    /** Checks all values. */
    Chat chat() {
        String name = unipic.info().name();
        Chat.requireSupported(defaults, name);
        ChatRequestParameters named =
                ChatRequestParameters.builder().modelName(name).build().overrideWith(defaults);
        Failures.translated(() -> {
            DescribeRequest.Builder request = DescribeRequest.builder("");
            options.accept(request);
            Chat.apply(named, request);
            return request.build();
        });
        return new Chat(unipic, named, listeners, new Messages(new Images(readOptions)), options, cache);
    }
}
