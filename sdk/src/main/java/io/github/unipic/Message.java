package io.github.unipic;

import java.util.List;
import java.util.Objects;

/**
 * A message of a conversation's history, as its owner supplies it. Names of the model's special tokens in its text are
 * plain text. Immutable.
 */
public sealed interface Message {
    /** The longest text, in characters. */
    int MAX_TEXT = 1_000_000;

    /**
     * What the model is told before the first turn.
     *
     * @param text the instructions
     */
    record System(String text) implements Message {
        /**
         * Checks the text.
         *
         * @param text at most {@link #MAX_TEXT} characters
         * @throws InvalidRequestException when the text is too long, is not valid Unicode or holds NUL
         */
        public System {
            check("the system message", text);
        }
    }

    /**
     * What the user said.
     *
     * @param text the question; blank for the model's own "describe the image"
     * @param images that the question is about; the model sees them before it
     */
    record User(String text, List<Image> images) implements Message {
        /**
         * Checks the text and copies the list.
         *
         * @param text at most {@link #MAX_TEXT} characters
         * @param images copied; may be empty
         * @throws InvalidRequestException when the text is too long, is not valid Unicode or holds NUL
         */
        public User {
            check("a user's message", text);
            images = List.copyOf(images);
        }

        /**
         * A question without images.
         *
         * @param text at most {@link #MAX_TEXT} characters
         * @throws InvalidRequestException when the text is too long, is not valid Unicode or holds NUL
         */
        public User(String text) {
            this(text, List.of());
        }
    }

    /**
     * An answer, from this model or from any other source.
     *
     * @param text the answer
     */
    record Assistant(String text) implements Message {
        /**
         * Checks the text.
         *
         * @param text at most {@link #MAX_TEXT} characters
         * @throws InvalidRequestException when the text is too long, is not valid Unicode or holds NUL
         */
        public Assistant {
            check("an assistant's message", text);
        }
    }

    private static void check(String name, String text) {
        Objects.requireNonNull(text, "text");
        if (text.length() > MAX_TEXT) {
            throw new InvalidRequestException(
                    name + " has " + text.length() + " characters; at most " + MAX_TEXT + " are allowed");
        }
        Values.checkText(name, text);
    }
}
