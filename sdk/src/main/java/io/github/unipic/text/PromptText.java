package io.github.unipic.text;

import java.util.List;
import java.util.stream.Stream;

/**
 * A prompt, or a piece of one, of what a template wrote and what a user typed. Only in the template's text are the
 * names of special tokens, such as {@code <|im_end|>}, those tokens; typed ones are plain text, so that a prompt cannot
 * close its turn.
 *
 * @param parts in their order
 */
public record PromptText(List<Part> parts) {
    /** @param trusted whether names of special tokens in it are those tokens */
    public record Part(String text, boolean trusted) {}

    /** Copies the list. */
    public PromptText {
        parts = List.copyOf(parts);
    }

    /** Text in which names of special tokens are those tokens. */
    public static PromptText template(String text) {
        return new PromptText(List.of(new Part(text, true)));
    }

    /** @param allowSpecialTokens whether names of special tokens in it are those tokens */
    public static PromptText typed(String text, boolean allowSpecialTokens) {
        return new PromptText(List.of(new Part(text, allowSpecialTokens)));
    }

    /** This and what follows it. */
    public PromptText then(PromptText more) {
        return new PromptText(Stream.concat(parts.stream(), more.parts.stream()).toList());
    }

    /**
     * A template with this in its placeholder.
     *
     * @param placeholder what stands for it; a template without it stays as it is
     */
    public PromptText in(String template, String placeholder) {
        int at = template.indexOf(placeholder);
        return at < 0
                ? template(template)
                : template(template.substring(0, at))
                        .then(this)
                        .then(template(template.substring(at + placeholder.length())));
    }
}
