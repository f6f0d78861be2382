package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.model.Manifest.Prompts;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.text.PromptText;
import io.github.unipic.text.PromptTokenizer;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The chat form of a turn, with Qwen2.5's texts, and its room. */
class TurnTest {
    private static final Prompts PROMPTS =
            new Prompts("<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n", "<|im_end|>\n", "", "", "", "");

    private static PromptTokenizer tokenizer;

    @BeforeAll
    static void load() {
        tokenizer = PromptTokenizer.load(SmallModel.folder().resolve("tokenizer.json"));
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    private static void assertTexts(boolean first, int images, String... texts) {
        Turn turn = Turn.of(tokenizer, PROMPTS, first, images, 9, PromptText.typed("a red fox", false));
        assertThat(turn.texts()).hasSameSizeAs(texts);
        for (int i = 0; i < texts.length; i++) {
            assertThat(turn.texts().get(i)).containsExactly(tokenizer.encode(texts[i]));
        }
        assertThat(turn.last()).containsExactly(tokenizer.encode(texts[texts.length - 1]));
        assertThat(turn.imageTokens()).isEqualTo(images == 0 ? 0 : 9);
    }

    @Test
    void aPromptAlone() {
        assertTexts(true, 0, "<|im_start|>user\na red fox<|im_end|>\n<|im_start|>assistant\n");
        assertTexts(false, 0, "<|im_end|>\n<|im_start|>user\na red fox<|im_end|>\n<|im_start|>assistant\n");
    }

    @Test
    void imagesBeforeThePrompt() {
        String rest = "\na red fox<|im_end|>\n<|im_start|>assistant\n";
        assertTexts(true, 1, "<|im_start|>user\n", rest);
        assertTexts(true, 3, "<|im_start|>user\n", "\n", "\n", rest);
        assertTexts(false, 2, "<|im_end|>\n<|im_start|>user\n", "\n", rest);
    }

    /** A turn of texts with 3, 1 and 4 tokens, and so of two images. */
    private static Turn turn(int imageTokens) {
        return new Turn(List.of(new long[3], new long[1], new long[4]), imageTokens);
    }

    private static void assertTakes(int tokens, Turn turn, int taken, int more, String message) {
        assertThatNoException().isThrownBy(() -> turn.requireRoom(tokens, taken, more, "the answer"));
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> turn.requireRoom(tokens - 1, taken, more, "the answer"))
                .withMessage("The model's context of " + (tokens - 1) + " tokens is too short: " + message);
    }

    @Test
    void theRoomIsThatOfTextImagesConversationAndWhatFollows() {
        assertTakes(
                5 + 8 + 2 * 10 + 7,
                turn(10),
                5,
                7,
                "5 are taken by the conversation so far, 8 are needed for the prompt, 20 for the images in it, 7 for the"
                        + " answer, 40 in all; shorten the prompt, take smaller or fewer images, or start a new"
                        + " conversation.");
        assertTakes(
                8 + 2 * 10 + 1,
                turn(10),
                0,
                1,
                "8 are needed for the prompt, 20 for the images in it, 1 for the answer, 29 in all; shorten the prompt,"
                        + " take smaller or fewer images.");
    }

    @Test
    void whatTakesNoImageIsNotToldToTakeFewer() {
        Turn text = new Turn(List.of(new long[6]), 0);
        assertTakes(7, text, 0, 1, "6 are needed for the prompt, 1 for the answer, 7 in all; shorten the prompt.");
        assertTakes(
                8,
                text,
                0,
                2,
                "6 are needed for the prompt, 2 for the answer, 8 in all; shorten the prompt, take smaller or fewer"
                        + " images.");
        assertTakes(
                8,
                text,
                1,
                1,
                "1 are taken by the conversation so far, 6 are needed for the prompt, 1 for the answer, 8 in all; shorten"
                        + " the prompt, or start a new conversation.");
    }
}
