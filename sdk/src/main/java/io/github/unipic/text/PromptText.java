package io.github.unipic.text;

import java.util.List;
import java.util.stream.Stream;

/**
 * A prompt or a part of one: text of templates and text that a user typed. Names of special tokens, such as
 * {@code <|im_end|>}, become those tokens only in a template's text. In typed text they are plain text, so that a
 * prompt cannot end its turn.
 *
 * @param parts in order
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

    /** This text followed by another. */
    public PromptText then(PromptText more) {
        return new PromptText(Stream.concat(parts.stream(), more.parts.stream()).toList());
    }

    /**
     * Replaces the placeholder of a template with this text.
     *
     * @param placeholder the placeholder; a template without it does not change
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
