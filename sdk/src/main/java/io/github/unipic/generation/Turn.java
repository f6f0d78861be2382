package io.github.unipic.generation;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.model.Manifest.Prompts;
import io.github.unipic.text.PromptText;
import io.github.unipic.text.PromptTokenizer;
import java.util.ArrayList;
import java.util.List;

/**
 * One turn of a conversation, not yet computed: the end of the answer before, the user's images and prompt, and the
 * beginning of the next answer. Texts are tokens; between each two texts is an image.
 *
 * @param texts one more than there are images
 * @param imageTokens tokens that each image takes
 */
public record Turn(List<long[]> texts, int imageTokens) {
    /**
     * @param first whether this is the first turn
     * @param images number of images before the prompt
     */
    static Turn of(
            PromptTokenizer tokenizer, Prompts prompts, boolean first, int images, int imageTokens, PromptText prompt) {
        PromptText before = PromptText.template(first ? "" : prompts.answerEnd());
        if (images == 0) {
            return new Turn(List.of(tokenizer.encode(before.then(prompt.in(prompts.turn(), Prompts.PLACEHOLDER)))), 0);
        }
        // Images split the text. Each part is encoded on its own.
        int split = prompts.turn().indexOf(Prompts.PLACEHOLDER);
        String open = prompts.turn().substring(0, split);
        String rest = prompts.turn().substring(split);
        List<long[]> texts = new ArrayList<>();
        texts.add(tokenizer.encode(before.then(PromptText.template(open))));
        for (int i = 1; i < images; i++) {
            texts.add(tokenizer.encode("\n"));
        }
        texts.add(tokenizer.encode(PromptText.template("\n").then(prompt.in(rest, Prompts.PLACEHOLDER))));
        return new Turn(texts, imageTokens);
    }

    /** The text after the last image, or the whole turn if it has none. */
    long[] last() {
        return texts.get(texts.size() - 1);
    }

    /** All of its tokens. */
    long tokens() {
        return textTokens() + tokensOfImages();
    }

    private int textTokens() {
        return texts.stream().mapToInt(ids -> ids.length).sum();
    }

    private long tokensOfImages() {
        return (texts.size() - 1L) * imageTokens;
    }

    /**
     * Checks, before anything is computed, that the turn and the tokens after it fit into the context.
     *
     * @param taken tokens of the conversation so far
     * @param more tokens needed after the turn
     * @param purpose what those are for, for the message
     * @throws InvalidRequestException with the numbers, when they do not fit
     */
    void requireRoom(int context, int taken, int more, String purpose) {
        int text = textTokens();
        long images = tokensOfImages();
        long all = taken + text + images + more;
        if (all > context) {
            boolean manyForImages = images + more > 1; // an answer needs no more than 1 to begin with
            throw new InvalidRequestException("The model's context of " + context + " tokens is too short: "
                    + (taken > 0 ? taken + " are taken by the conversation so far, " : "")
                    + text + " are needed for the prompt, "
                    + (images > 0 ? images + " for the images in it, " : "")
                    + more + " for " + purpose + ", " + all + " in all; shorten the prompt"
                    + (manyForImages ? ", take smaller or fewer images" : "")
                    + (taken > 0 ? ", or start a new conversation." : "."));
        }
    }
}
