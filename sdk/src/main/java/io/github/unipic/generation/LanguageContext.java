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
import io.github.unipic.runtime.Tensor.Rows;
import io.github.unipic.text.PromptText;
import io.github.unipic.text.PromptTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A growing sequence of the language model: text, images, answers. Its cache stays in the runtime's tensors. New tokens
 * go through the model in chunks, so that memory does not grow with the square of a prompt's length.
 */
public final class LanguageContext implements AutoCloseable {
    private static final int CHUNK = 512;

    /** What the sequence ends with. */
    private enum State {
        EMPTY,
        SYSTEM,
        /** A user's turn, which the answer follows. */
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

    /** Makes a sequence without tokens. */
    public static LanguageContext empty(Execution execution) {
        LanguageModel model = new LanguageModel(execution);
        return new LanguageContext(execution, model, model.emptyCache(1), State.EMPTY);
    }

    /** Makes another sequence that begins with this one's tokens. They are not computed again. */
    public LanguageContext fork(Execution execution) {
        return new LanguageContext(execution, new LanguageModel(execution), cache.share(), state);
    }

    /** The number of tokens so far. */
    public int tokens() {
        return cache.tokens(0);
    }

    /** The number of tokens that still fit. */
    public int room() {
        return manifest.sizes().context() - tokens();
    }

    /** The KV cache of this sequence, which owns it. */
    public KvCache cache() {
        return cache;
    }

    /** The next turn, with a prompt only. */
    public Turn turn(PromptText prompt) {
        return turn(0, 0, prompt);
    }

    /** The next turn, with images of {@code imageTokens} tokens each before the prompt. */
    public Turn turn(int images, int imageTokens, PromptText prompt) {
        return Turn.of(tokenizer, manifest.prompts(), !inAnswer(), images, imageTokens, prompt);
    }

    /**
     * Checks, before anything is computed, that a turn and {@code more} tokens after it fit.
     *
     * @throws InvalidRequestException with the numbers, when they do not fit
     */
    public void requireRoom(Turn turn, int more, String purpose) {
        turn.requireRoom(manifest.sizes().context(), tokens(), more, purpose);
    }

    private boolean inAnswer() {
        return state == State.QUESTION || state == State.ANSWER;
    }

    /**
     * Appends a system message.
     *
     * @throws InvalidRequestException when the sequence is not empty, or the text does not fit
     */
    public void appendSystem(PromptText text) {
        if (state != State.EMPTY) {
            throw new InvalidRequestException("a system message can only begin a conversation");
        }
        tokens(tokenizer.encode(text.in(Prompts.SYSTEM, Prompts.PLACEHOLDER)));
        state = State.SYSTEM;
    }

    /**
     * Appends an answer that the caller supplies.
     *
     * @throws InvalidRequestException when the last message was not a user's, or the text does not fit
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

    /** @throws InvalidRequestException when the last turn has no answer yet */
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

    /** Appends a turn up to its last image. Without images it appends nothing. */
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

    /** Appends the part of a turn after its last image. Without images it appends the whole turn. */
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

    /** Appends the embeddings [1,n,D] of an image. */
    public void embeds(Tensor embeds) {
        int count = embeds.dim(1);
        requireRoom(count);
        if (count <= CHUNK) {
            append(embeds);
            return;
        }
        Rows rows = embeds.rows();
        for (int from = 0; from < count; from += CHUNK) {
            try (Tensor chunk = rows.part(from, Math.min(count, from + CHUNK))) {
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

    /** The logits of the next token. */
    public float[] logits() {
        Tensor hidden = lastHidden.orElseThrow(() -> new IllegalStateException("Nothing was appended yet."));
        try (Tensor last = hidden.rows().last();
                Tensor logits = model.logits(last)) {
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
