package io.github.unipic.generation;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.model.Manifest.Prompts;
import io.github.unipic.text.PromptText;
import io.github.unipic.text.PromptTokenizer;
import java.util.ArrayList;
import java.util.List;

/**
 * One turn of the chat form, from the end of the answer before to where the next one begins, before any of it goes
 * through the model: text as tokens, and between each two texts an image.
 *
 * @param texts one more than there are images
 * @param imageTokens tokens that each image takes
 */
public record Turn(List<long[]> texts, int imageTokens) {
    /**
     * @param first whether no turn came before
     * @param images how many the prompt is about; they come before it
     */
    static Turn of(
            PromptTokenizer tokenizer, Prompts prompts, boolean first, int images, int imageTokens, PromptText prompt) {
        PromptText before = PromptText.template(first ? "" : prompts.answerEnd());
        if (images == 0) {
            return new Turn(List.of(tokenizer.encode(before.then(prompt.in(prompts.turn(), Prompts.PLACE)))), 0);
        }
        // Images cut the text, so that its pieces are encoded on their own.
        int place = prompts.turn().indexOf(Prompts.PLACE);
        String open = prompts.turn().substring(0, place);
        String rest = prompts.turn().substring(place);
        List<long[]> texts = new ArrayList<>();
        texts.add(tokenizer.encode(before.then(PromptText.template(open))));
        for (int i = 1; i < images; i++) {
            texts.add(tokenizer.encode("\n"));
        }
        texts.add(tokenizer.encode(PromptText.template("\n").then(prompt.in(rest, Prompts.PLACE))));
        return new Turn(texts, imageTokens);
    }

    /** What stands behind the last image, or all of it where there is none. */
    long[] last() {
        return texts.get(texts.size() - 1);
    }

    /**
     * Says, before anything is computed, whether the turn and what comes behind it fit into the model's context.
     *
     * @param taken tokens of the conversation so far
     * @param more tokens behind the turn
     * @param purpose of those
     * @throws InvalidRequestException with the numbers, when they do not fit
     */
    void requireRoom(int context, int taken, int more, String purpose) {
        int text = texts.stream().mapToInt(ids -> ids.length).sum();
        long images = (texts.size() - 1L) * imageTokens;
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
