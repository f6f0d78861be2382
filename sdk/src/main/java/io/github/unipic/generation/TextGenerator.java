package io.github.unipic.generation;

import io.github.unipic.Answer;
import io.github.unipic.Answer.Ending;
import io.github.unipic.DescribeRequest;
import io.github.unipic.VisionPath;
import io.github.unipic.text.PromptTokenizer;
import io.github.unipic.text.StreamingText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Lets the language model answer, token by token. */
public final class TextGenerator {
    /** Is notified of the logits that each token is sampled from. */
    @FunctionalInterface
    public interface Observer {
        Observer NONE = logits -> {};

        /** @param logits of every token, float32; not to be changed */
        void onLogits(float[] logits);
    }

    private final PromptTokenizer tokenizer;
    private final List<Integer> stopTokens;

    public TextGenerator(PromptTokenizer tokenizer, List<Integer> stopTokens) {
        this.tokenizer = tokenizer;
        this.stopTokens = List.copyOf(stopTokens);
    }

    /**
     * Continues {@code context}, which then holds the answer as well, without the token that ended it.
     *
     * @param vision which encoder looked at the images, if there were any
     */
    public Answer answer(LanguageContext context, DescribeRequest request, Optional<VisionPath> vision) {
        return answer(context, request, vision, Observer.NONE);
    }

    /** As {@link #answer(LanguageContext, DescribeRequest, Optional)}. */
    public Answer answer(
            LanguageContext context, DescribeRequest request, Optional<VisionPath> vision, Observer observer) {
        TokenSampler sampler = new TokenSampler(request);
        StreamingText text = new StreamingText(
                tokenizer, request.stops(), piece -> request.listener().ifPresent(listener -> listener.onText(piece)));
        List<Integer> tokens = new ArrayList<>();
        Ending ending = Ending.MAX_TOKENS;
        while (tokens.size() < request.maxTokens()) {
            if (context.room() == 0) {
                ending = Ending.CONTEXT_FULL;
                break;
            }
            float[] logits = context.logits();
            observer.onLogits(logits);
            int token = sampler.next(logits, tokens);
            tokens.add(token);
            if (stopTokens.contains(token)) {
                ending = Ending.STOP_TOKEN;
                break;
            }
            context.tokens(new long[] {token});
            if (text.add(token)) {
                ending = Ending.STOP_STRING;
                break;
            }
        }
        return new Answer(text.finish(), tokens, ending, vision);
    }
}
