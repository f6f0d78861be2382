package io.github.unipic;

import io.github.unipic.generation.Drawing;
import io.github.unipic.generation.ImageEncoder;
import io.github.unipic.generation.LanguageContext;
import io.github.unipic.generation.TextGenerator;
import io.github.unipic.generation.Turn;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.text.PromptText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * A talk in which each turn builds on those before: questions about images, further questions, images drawn from the
 * talk so far. What was said is kept as the language model's cache and never computed again. A turn that fails or is
 * cancelled leaves the talk as it was. Not thread-safe; different conversations may run at once.
 *
 * <pre>{@code
 * try (Conversation talk = unipic.conversation()) {
 *     talk.ask(DescribeRequest.builder("What animal is this?").image(fox).build());
 *     talk.ask(DescribeRequest.builder("And where is it?").build());
 *     List<Image> images = talk.generate(GenerateRequest.of("the same animal at night"));
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
     * Asks, about the request's images and all that was said before.
     *
     * @param request may have no image
     * @throws InvalidRequestException when question and images do not fit into the model's context; nothing was
     *     computed
     * @throws UniPicException otherwise as {@link UniPic#describe(DescribeRequest)}
     */
    public Answer ask(DescribeRequest request) {
        return turn(request.cancellation(), (execution, talk) -> {
            ImageEncoder encoder = new ImageEncoder(execution);
            List<Image> images = request.images();
            Optional<VisionPath> path =
                    images.isEmpty() ? Optional.empty() : Optional.of(encoder.path(request.vision()));
            Turn turn = talk.turn(images.size(), path.map(encoder::tokens).orElse(0), question(request));
            talk.requireRoom(turn, 1, "the answer");
            List<Tensor> embeds = new ArrayList<>();
            try {
                // Before the language model is loaded.
                path.ifPresent(known -> images.forEach(image -> embeds.add(encoder.embeds(image, known))));
                return execution.holding(UniPic.ANSWERING, () -> {
                    talk.append(turn, embeds);
                    return new TextGenerator(
                                    engine.tokenizer(),
                                    engine.manifest().tokens().stop())
                            .answer(talk, request, path);
                });
            } finally {
                embeds.forEach(Tensor::close);
            }
        });
    }

    private PromptText question(DescribeRequest request) {
        return request.question().isBlank()
                ? PromptText.template(engine.manifest().prompts().describe())
                : PromptText.typed(request.question(), request.allowSpecialTokens());
    }

    /**
     * Draws from the talk so far and the request's prompt.
     *
     * @throws UniPicException as {@link UniPic#generate(GenerateRequest)}
     */
    public List<Image> generate(GenerateRequest request) {
        return draw(request, (drawing, talk) -> drawing.generate(talk));
    }

    /**
     * Changes an image, after the talk so far and the request's prompt. Guidance compares with the model's own "repeat
     * this image" without the talk.
     *
     * @throws UniPicException as {@link UniPic#edit(Image, GenerateRequest)}
     */
    public List<Image> edit(Image source, GenerateRequest request) {
        return draw(request, (drawing, talk) -> drawing.edit(source, talk));
    }

    /** The same talk once more; both go on independently. Costs nothing until they do. */
    public Conversation fork() {
        requireOpen();
        return engine.execute(execution -> new Conversation(engine, context.fork(execution)));
    }

    /** Tokens that the talk has so far. */
    public int tokens() {
        return context.tokens();
    }

    /** Most tokens that the model can take in. */
    public int capacity() {
        return engine.manifest().sizes().context();
    }

    /** Frees the talk. Closing twice does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            context.close();
        }
    }

    private List<Image> draw(GenerateRequest request, BiFunction<Drawing, LanguageContext, List<Image>> turn) {
        return turn(request.cancellation(), (execution, talk) -> turn.apply(new Drawing(execution, request), talk));
    }

    /** Runs a turn on a fork of the talk, which takes its place when the turn succeeds. */
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
            context.close();
            context = next;
            return result;
        });
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("This conversation is closed.");
        }
    }
}
