package io.github.unipic.generation;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.ModelFormatException;
import io.github.unipic.generation.LanguageModel.Extension;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.Prompts;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.Resources;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.text.PromptText;
import io.github.unipic.text.PromptTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A growing sequence of the language model: text, images, answers. Its cache stays in the runtime's tensors. What is
 * appended goes through the model in chunks, so that a long prompt needs no memory quadratic in its length.
 */
public final class LanguageContext implements AutoCloseable {
    private static final int CHUNK = 512;

    /** Where in the chat form a sequence ends. */
    private enum State {
        EMPTY,
        SYSTEM,
        /** Behind a user's turn, where the answer begins. */
        QUESTION,
        ANSWER
    }

    private final LanguageModel model;
    private final PromptTokenizer tokenizer;
    private final Manifest manifest;
    private KvCache cache;
    private State state;
    private Optional<Tensor> lastHidden = Optional.empty();

    private LanguageContext(Execution execution, LanguageModel model, KvCache cache, State state) {
        this.model = model;
        this.tokenizer = execution.engine().tokenizer();
        this.manifest = execution.manifest();
        this.cache = cache;
        this.state = state;
    }

    /** A sequence without tokens. */
    public static LanguageContext empty(Execution execution) {
        LanguageModel model = new LanguageModel(execution);
        return new LanguageContext(execution, model, model.emptyCache(1), State.EMPTY);
    }

    /** Another sequence that begins with this one's tokens, which are not computed again. */
    public LanguageContext fork(Execution execution) {
        return new LanguageContext(execution, new LanguageModel(execution), cache.share(), state);
    }

    /** Tokens so far. */
    public int tokens() {
        return cache.tokens(0);
    }

    /** Tokens that still fit. */
    public int room() {
        return manifest.sizes().context() - tokens();
    }

    /** The cache of one sequence; owned by this. */
    public KvCache cache() {
        return cache;
    }

    /** The next turn of the chat form, about nothing but a prompt. */
    public Turn turn(PromptText prompt) {
        return turn(0, 0, prompt);
    }

    /** The next turn of the chat form, about images that take so many tokens each. */
    public Turn turn(int images, int imageTokens, PromptText prompt) {
        return Turn.of(tokenizer, manifest.prompts(), !inAnswer(), images, imageTokens, prompt);
    }

    /**
     * Says, before anything is computed, whether a turn and so many tokens behind it fit.
     *
     * @throws InvalidRequestException with the numbers, when they do not
     */
    public void requireRoom(Turn turn, int more, String purpose) {
        turn.requireRoom(manifest.sizes().context(), tokens(), more, purpose);
    }

    private boolean inAnswer() {
        return state == State.QUESTION || state == State.ANSWER;
    }

    /**
     * Appends what the model is told before the first turn.
     *
     * @throws InvalidRequestException unless this is empty, or when the text does not fit
     */
    public void appendSystem(PromptText text) {
        if (state != State.EMPTY) {
            throw new InvalidRequestException("a system message can only begin a conversation");
        }
        tokens(tokenizer.encode(text.in(Prompts.SYSTEM, Prompts.PLACE)));
        state = State.SYSTEM;
    }

    /**
     * Appends an answer that was not generated here.
     *
     * @throws InvalidRequestException unless the last message was a user's, or when the text does not fit
     */
    public void appendAnswer(PromptText text) {
        if (state != State.QUESTION) {
            throw new InvalidRequestException(
                    "an assistant's message answers a user's message, which must come before");
        }
        tokens(tokenizer.encode(text));
        state = State.ANSWER;
    }

    /** Marks the turn as answered, with the tokens appended since, if any. */
    public void endAnswer() {
        state = State.ANSWER;
    }

    /** @throws InvalidRequestException when the last turn waits for its answer */
    public void requireAnswered() {
        if (state == State.QUESTION) {
            throw new InvalidRequestException(
                    "the last message is a user's and has no answer; add the assistant's message first");
        }
    }

    /** Appends a turn. */
    public void append(Turn turn, List<Tensor> images) {
        appendImages(turn, images);
        appendPrompt(turn);
    }

    /** Appends a turn up to its last image: nothing, when it has none. */
    public void appendImages(Turn turn, List<Tensor> images) {
        for (int i = 0; i < images.size(); i++) {
            if (images.get(i).dim(1) != turn.imageTokens()) {
                throw new ModelFormatException(
                        "The model makes " + images.get(i).dim(1)
                                + " embeddings of an image, and its manifest says " + turn.imageTokens()
                                + "; export the model again.");
            }
            tokens(turn.texts().get(i));
            embeds(images.get(i));
        }
    }

    /** Appends what stands behind a turn's last image: all of it, when it has none. */
    public void appendPrompt(Turn turn) {
        tokens(turn.last());
        state = State.QUESTION;
    }

    /** Appends tokens. */
    public void tokens(long[] ids) {
        requireRoom(ids.length);
        for (int from = 0; from < ids.length; from += CHUNK) {
            long[] chunk = Arrays.copyOfRange(ids, from, Math.min(ids.length, from + CHUNK));
            try (Tensor embeds = model.embed(new long[][] {chunk})) {
                append(embeds);
            }
        }
    }

    /** Appends embeddings [1,n,D], of an image. */
    public void embeds(Tensor embeds) {
        int count = embeds.dim(1);
        requireRoom(count);
        for (int from = 0; from < count; from += CHUNK) {
            try (Tensor chunk = embeds.rows(from, Math.min(count, from + CHUNK))) {
                append(chunk);
            }
        }
    }

    private void append(Tensor embeds) {
        Extension extension = model.extend(cache, embeds);
        cache.close();
        cache = extension.cache();
        lastHidden.ifPresent(Tensor::close);
        lastHidden = Optional.of(extension.hidden());
    }

    private void requireRoom(int more) {
        if (more > room()) {
            throw new InvalidRequestException("The model's context of "
                    + manifest.sizes().context() + " tokens is full: " + tokens() + " are taken, " + more
                    + " more are needed.");
        }
    }

    /** Logits of the token that comes next. */
    public float[] logits() {
        Tensor hidden = lastHidden.orElseThrow(() -> new IllegalStateException("Nothing was appended yet."));
        int last = hidden.dim(1) - 1;
        try (Tensor row = hidden.rows(last, last + 1);
                Tensor flat = row.reshape(1, hidden.dim(2));
                Tensor logits = model.logits(flat)) {
            return logits.toFloats();
        }
    }

    @Override
    public void close() {
        List<AutoCloseable> owned = new ArrayList<>(List.of(cache));
        lastHidden.ifPresent(owned::add);
        lastHidden = Optional.empty();
        Resources.close(owned);
    }
}
