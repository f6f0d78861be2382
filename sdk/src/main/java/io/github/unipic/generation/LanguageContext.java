package io.github.unipic.generation;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.Prompts;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.Stages;
import io.github.unipic.runtime.Stages.Extension;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.text.PromptTokenizer;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One sequence of the language model while it grows: text, pictures, answers. Its cache stays in the runtime's tensors.
 * What is appended goes through the model in chunks, so that a long prompt needs no memory quadratic in its length.
 */
public final class LanguageContext implements AutoCloseable {
    private static final int CHUNK = 512;

    private final Stages stages;
    private final PromptTokenizer tokenizer;
    private final Manifest manifest;
    private KvCache cache;
    private Optional<Tensor> lastHidden = Optional.empty();

    private LanguageContext(Stages stages, PromptTokenizer tokenizer, Manifest manifest, KvCache cache) {
        this.stages = stages;
        this.tokenizer = tokenizer;
        this.manifest = manifest;
        this.cache = cache;
    }

    /** Of nothing yet. */
    public static LanguageContext empty(Stages stages, PromptTokenizer tokenizer, Manifest manifest) {
        return new LanguageContext(stages, tokenizer, manifest, stages.emptyCache(1));
    }

    /**
     * Another one that begins with what this holds; costs nothing until it grows. Its runs go through {@code stages}.
     */
    public LanguageContext fork(Stages forkStages) {
        return new LanguageContext(forkStages, tokenizer, manifest, cache.share());
    }

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

    /** Ends the answer before, if any, and appends the part of a chat turn that stands before the user's words. */
    public void openTurn() {
        text((tokens() == 0 ? "" : manifest.prompts().answerEnd()) + turnParts()[0]);
    }

    /** Appends the user's words, or the rest of them, and all that stands between them and the answer. */
    public void closeTurn(String words) {
        text(words + turnParts()[1]);
    }

    private String[] turnParts() {
        return manifest.prompts().turn().split(Pattern.quote(Prompts.PLACE), 2);
    }

    public void text(String text) {
        tokens(tokenizer.encode(text));
    }

    public void tokens(long[] ids) {
        requireRoom(ids.length);
        for (int from = 0; from < ids.length; from += CHUNK) {
            long[] chunk = Arrays.copyOfRange(ids, from, Math.min(ids.length, from + CHUNK));
            try (Tensor embeds = stages.embedText(new long[][] {chunk})) {
                append(embeds);
            }
        }
    }

    /** Appends embeddings [1,n,D], of a picture. */
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
        Extension extension = stages.extend(cache, embeds);
        cache.close();
        cache = extension.cache();
        lastHidden.ifPresent(Tensor::close);
        lastHidden = Optional.of(extension.hidden());
    }

    private void requireRoom(int more) {
        if (more > room()) {
            throw new InvalidRequestException("The context is full: it holds " + tokens() + " tokens, " + more
                    + " more are needed, and the model's limit is "
                    + manifest.sizes().context()
                    + "; ask less, or start a new conversation.");
        }
    }

    /** What the model makes of the last token: a value for each token that may come next. */
    public float[] logits() {
        Tensor hidden = lastHidden.orElseThrow(() -> new IllegalStateException("Nothing was appended yet."));
        int last = hidden.dim(1) - 1;
        try (Tensor row = hidden.rows(last, last + 1);
                Tensor flat = row.reshape(1, hidden.dim(2));
                Tensor logits = stages.logits(flat)) {
            return logits.toFloats();
        }
    }

    @Override
    public void close() {
        cache.close();
        lastHidden.ifPresent(Tensor::close);
        lastHidden = Optional.empty();
    }
}
