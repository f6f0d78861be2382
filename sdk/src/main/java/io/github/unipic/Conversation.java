package io.github.unipic;

import io.github.unipic.generation.Drawing;
import io.github.unipic.generation.ImageEncoder;
import io.github.unipic.generation.LanguageContext;
import io.github.unipic.generation.TextGeneration;
import io.github.unipic.generation.Turn;
import io.github.unipic.model.Manifest;
import io.github.unipic.runtime.Stages;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.text.PromptText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

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
    private final UniPic unipic;
    private final Manifest manifest;
    private LanguageContext context;
    private boolean closed;

    Conversation(UniPic unipic) {
        this(
                unipic,
                LanguageContext.empty(
                        new Stages(unipic.graphs(), new Cancellation()),
                        unipic.tokenizer(),
                        unipic.graphs().folder().manifest()));
    }

    private Conversation(UniPic unipic, LanguageContext context) {
        this.unipic = unipic;
        this.manifest = unipic.graphs().folder().manifest();
        this.context = context;
    }

    private Stages stages(Optional<Cancellation> cancellation) {
        return new Stages(unipic.graphs(), cancellation.orElseGet(Cancellation::new));
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
        Stages stages = stages(request.cancellation());
        ImageEncoder encoder = new ImageEncoder(stages, unipic.graphs().folder());
        return turn(stages, talk -> {
            List<Image> images = request.images();
            Optional<VisionPath> path =
                    images.isEmpty() ? Optional.empty() : Optional.of(encoder.path(request.vision()));
            Turn turn = talk.turn(images.size(), path.map(encoder::tokens).orElse(0), question(request));
            talk.requireRoom(turn, 1, "the answer");
            List<Tensor> embeds = new ArrayList<>();
            try {
                // Before the language model is loaded.
                path.ifPresent(known -> images.forEach(image -> embeds.add(encoder.embeds(image, known))));
                return stages.holding(UniPic.ANSWERING, () -> {
                    talk.append(turn, embeds);
                    return new TextGeneration(
                                    unipic.tokenizer(), manifest.tokens().stop())
                            .answer(talk, request, path);
                });
            } finally {
                embeds.forEach(Tensor::close);
            }
        });
    }

    private PromptText question(DescribeRequest request) {
        return request.question().isBlank()
                ? PromptText.template(manifest.prompts().describe())
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
        return unipic.running(() -> new Conversation(unipic, context.fork(stages(Optional.empty()))));
    }

    /** Tokens that the talk has so far. */
    public int tokens() {
        return context.tokens();
    }

    /** Most tokens that the model can take in. */
    public int capacity() {
        return manifest.sizes().context();
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
        return turn(stages(request.cancellation()), talk -> turn.apply(unipic.drawing(request), talk));
    }

    /** Runs a turn on a fork of the talk, which takes its place when the turn succeeds. */
    private <T> T turn(Stages stages, Function<LanguageContext, T> turn) {
        requireOpen();
        return unipic.running(() -> {
            LanguageContext next = context.fork(stages);
            T result;
            try {
                result = turn.apply(next);
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
