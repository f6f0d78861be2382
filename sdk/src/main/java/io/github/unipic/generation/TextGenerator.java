package io.github.unipic.generation;

import io.github.unipic.Answer.FinishReason;
import io.github.unipic.DescribeRequest;
import io.github.unipic.text.PromptTokenizer;
import io.github.unipic.text.StreamingText;
import java.util.ArrayList;
import java.util.List;

/** Generates text with the language model, token by token. */
public final class TextGenerator {
    /**
     * A generated answer.
     *
     * @param tokens the sampled tokens, including the one that ended the answer
     */
    public record Generated(String text, List<Integer> tokens, FinishReason finishReason) {}

    /** Is notified of the logits that each token is sampled from. */
    @FunctionalInterface
    public interface Observer {
        Observer NONE = logits -> {};

        /** @param logits of every token, float32; the observer must not change them */
        void onLogits(float[] logits);
    }

    private final PromptTokenizer tokenizer;
    private final List<Integer> stopTokens;

    public TextGenerator(PromptTokenizer tokenizer, List<Integer> stopTokens) {
        this.tokenizer = tokenizer;
        this.stopTokens = List.copyOf(stopTokens);
    }

    /** Generates an answer and appends it to {@code context}, without the token that ended it. */
    public Generated generate(LanguageContext context, DescribeRequest request) {
        return generate(context, request, Observer.NONE);
    }

    /** As {@link #generate(LanguageContext, DescribeRequest)}. */
    public Generated generate(LanguageContext context, DescribeRequest request, Observer observer) {
        TokenSampler sampler = new TokenSampler(request);
        StreamingText text = new StreamingText(
                tokenizer,
                request.stopSequences(),
                chunk -> request.listener().ifPresent(listener -> listener.onText(chunk)));
        List<Integer> tokens = new ArrayList<>();
        FinishReason reason = FinishReason.MAX_TOKENS;
        while (tokens.size() < request.maxTokens()) {
            if (context.room() == 0) {
                reason = FinishReason.CONTEXT_FULL;
                break;
            }
            float[] logits = context.logits();
            observer.onLogits(logits);
            int token = sampler.next(logits, tokens);
            tokens.add(token);
            if (stopTokens.contains(token)) {
                reason = FinishReason.STOP_TOKEN;
                break;
            }
            context.tokens(new long[] {token});
            if (text.add(token)) {
                reason = FinishReason.STOP_SEQUENCE;
                break;
            }
        }
        return new Generated(text.finish(), List.copyOf(tokens), reason);
    }
}
