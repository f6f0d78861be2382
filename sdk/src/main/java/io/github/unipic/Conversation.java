package io.github.unipic;

import io.github.unipic.generation.ImageEncoder;
import io.github.unipic.generation.ImageTasks;
import io.github.unipic.generation.LanguageContext;
import io.github.unipic.generation.TextGenerator;
import io.github.unipic.generation.TextGenerator.Generated;
import io.github.unipic.generation.Turn;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Resources;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.text.PromptText;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * A conversation, in which each turn builds on those before: questions about images, further questions, images drawn
 * from the conversation so far. What was said is kept as the language model's cache and never computed again. A turn
 * that fails or is cancelled leaves the conversation as it was. Not thread-safe; different conversations may run at
 * once.
 *
 * <pre>{@code
 * try (Conversation conversation = unipic.conversation()) {
 *     conversation.ask(DescribeRequest.builder("What animal is this?").image(fox).build());
 *     conversation.ask(DescribeRequest.builder("And where is it?").build());
 *     List<Image> images = conversation.generate(GenerateRequest.of("the same animal at night"));
 * }
 * }</pre>
 */
public final class Conversation implements AutoCloseable {
    private final Engine engine;
    private LanguageContext context;
    private boolean closed;

    Conversation(Engine engine) {
        this(engine, engine.execute(LanguageContext::empty));
    }

    private Conversation(Engine engine, LanguageContext context) {
        this.engine = engine;
        this.context = context;
    }

    /**
     * Appends messages of a history. They go through the language model now, and not again.
     *
     * @param messages a system message only at the very beginning; users' and assistant's messages in turn, the last
     *     one an assistant's, so that a question can follow
     * @throws InvalidRequestException when they come in another order, or do not fit into the model's context; the
     *     conversation stays as it was
     * @throws UniPicException otherwise as {@link UniPic#describe(DescribeRequest)}
     */
    public void append(List<Message> messages) {
        append(messages, new Cancellation());
    }

    /**
     * Appends messages of a history, as {@link #append(List)} does, and can be stopped.
     *
     * @param messages in the order that {@link #append(List)} asks for
     * @param cancellation stops it; the conversation then stays as it was
     * @throws CancelledException when the switch was used
     * @throws UniPicException otherwise as {@link #append(List)}
     */
    public void append(List<Message> messages, Cancellation cancellation) {
        turn(Optional.of(cancellation), (execution, context) -> {
            append(messages, execution, context);
            return Boolean.TRUE;
        });
    }

    private void append(List<Message> messages, Execution execution, LanguageContext context) {
        messages.forEach(message -> append(message, execution, context));
        context.requireAnswered();
    }

    private void append(Message message, Execution execution, LanguageContext context) {
        if (message instanceof Message.System system) {
            context.appendSystem(PromptText.typed(system.text(), false));
        } else if (message instanceof Message.User user) {
            context.requireAnswered();
            appendQuestion(execution, context, user.images(), Optional.empty(), question(user.text(), false));
        } else if (message instanceof Message.Assistant assistant) {
            context.appendAnswer(PromptText.typed(assistant.text(), false));
        }
    }

    /**
     * Asks, about the request's images and all that was said before: to this conversation, and then in the request's
     * history.
     *
     * @param request may have no image
     * @return the answer; its prompt tokens include the conversation before
     * @throws InvalidRequestException when the history's messages come in an order that {@link #append(List)} refuses,
     *     or it does not fit into the model's context; or question and images do not fit, of which then nothing was
     *     computed
     * @throws UniPicException otherwise as {@link UniPic#describe(DescribeRequest)}
     */
    public Answer ask(DescribeRequest request) {
        return turn(request.cancellation(), (execution, context) -> {
            Instant start = Instant.now();
            int cached = context.tokens();
            append(request.history(), execution, context);
            Optional<VisionPath> vision = appendQuestion(
                    execution,
                    context,
                    request.images(),
                    request.vision(),
                    question(request.question(), request.allowSpecialTokens()));
            int promptTokens = context.tokens();
            Duration[] prefill = {Duration.ZERO};
            Generated answer = execution.withOpen(
                    UniPic.ANSWERING,
                    () -> new TextGenerator(
                                    engine.tokenizer(),
                                    engine.manifest().tokens().stop())
                            .generate(context, request, logits -> {
                                if (prefill[0].isZero()) {
                                    prefill[0] = Duration.between(start, Instant.now());
                                }
                            }));
            context.endAnswer();
            return new Answer(
                    answer.text(),
                    answer.tokens(),
                    answer.finishReason(),
                    vision,
                    promptTokens,
                    cached,
                    prefill[0],
                    Duration.between(start, Instant.now()));
        });
    }

    /** Gives the encoder that looked at the images, if there were any. */
    private Optional<VisionPath> appendQuestion(
            Execution execution,
            LanguageContext context,
            List<Image> images,
            Optional<VisionPath> asked,
            PromptText question) {
        ImageEncoder encoder = new ImageEncoder(execution);
        Optional<VisionPath> vision = images.isEmpty() ? Optional.empty() : Optional.of(encoder.path(asked));
        Turn turn = context.turn(images.size(), vision.map(encoder::tokens).orElse(0), question);
        context.requireRoom(turn, 1, "the answer");
        List<Tensor> embeds = new ArrayList<>();
        try {
            // Before the language model is loaded.
            vision.ifPresent(path -> images.forEach(image -> embeds.add(encoder.embeds(image, path))));
            execution.withOpen(UniPic.ANSWERING, () -> {
                context.append(turn, embeds);
                return Boolean.TRUE;
            });
        } finally {
            Resources.close(embeds);
        }
        return vision;
    }

    private PromptText question(String text, boolean allowSpecialTokens) {
        return text.isBlank()
                ? PromptText.template(engine.manifest().prompts().describe())
                : PromptText.typed(text, allowSpecialTokens);
    }

    /**
     * Draws from the conversation so far and the request's prompt.
     *
     * @param request its prompt is the user's turn
     * @return {@link GenerateRequest#count} images, in the order of their seeds
     * @throws UniPicException as {@link UniPic#generate(GenerateRequest)}
     */
    public List<Image> generate(GenerateRequest request) {
        return turn(request.cancellation(), (execution, context) -> {
            List<Image> images = new ImageTasks(execution).generate(request, context);
            context.endAnswer();
            return images;
        });
    }

    /**
     * Changes an image, after the conversation so far and the request's instruction. Guidance compares with the
     * unconditional prompt without the conversation.
     *
     * @param request its source and instruction are the user's turn
     * @return {@link EditRequest#count} images, in the order of their seeds
     * @throws UniPicException as {@link UniPic#edit(EditRequest)}
     */
    public List<Image> edit(EditRequest request) {
        return turn(request.cancellation(), (execution, context) -> {
            List<Image> images = new ImageTasks(execution).edit(request, context);
            context.endAnswer();
            return images;
        });
    }

    /**
     * Copies the conversation. Both go on independently; the copy costs nothing until they do.
     *
     * @return a conversation with the same turns, to be closed by the caller
     * @throws IllegalStateException when this conversation is closed
     */
    public Conversation fork() {
        requireOpen();
        return engine.execute(execution -> new Conversation(engine, context.fork(execution)));
    }

    /**
     * How long the conversation is.
     *
     * @return tokens so far, those of images and of the chat form included; 0 at the beginning
     */
    public int tokens() {
        return context.tokens();
    }

    /**
     * How long the conversation can become.
     *
     * @return the most tokens that the model takes in, answers included
     */
    public int capacity() {
        return engine.manifest().sizes().context();
    }

    /** Frees the conversation. Closing twice does nothing; a turn whose listener closes it still ends. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            context.close();
        }
    }

    /** Runs a turn on a fork of the conversation, which takes its place when the turn succeeds. */
    private <T> T turn(Optional<Cancellation> cancellation, BiFunction<Execution, LanguageContext, T> turn) {
        requireOpen();
        return engine.execute(cancellation, execution -> {
            LanguageContext next = context.fork(execution);
            T result;
            try {
                result = turn.apply(execution, next);
            } catch (RuntimeException | Error e) {
                next.close();
                throw e;
            }
            if (closed) {
                next.close(); // by the request's own listener
            } else {
                context.close();
                context = next;
            }
            return result;
        });
    }

    boolean isOf(Engine other) {
        return engine == other;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("This conversation is closed.");
        }
    }
}
