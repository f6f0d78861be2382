package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.InferenceException;
import io.github.unipic.model.Grid;
import io.github.unipic.runtime.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two images of 2 x 3 tokens with two channels. */
class ImageTokensTest {
    private static final Grid GRID = new Grid(2, 3);

    private static float[] latents(ImageTokens tokens, int image) {
        try (Tensor latents = tokens.latents(image)) {
            assertThat(latents.shape()).containsExactly(1, 2, 3, 2);
            return latents.toFloats();
        }
    }

    private static void put(ImageTokens tokens, List<int[]> positions, float... values) {
        try (Tensor predicted = Tensor.floats(values, values.length / 2, 2)) {
            tokens.put(positions, predicted);
        }
    }

    @Test
    void tokensThatAreNotKnownAreZero() {
        ImageTokens tokens = ImageTokens.blank(2, GRID, 2);
        assertThat(tokens.images()).isEqualTo(2);
        assertThat(tokens.grid()).isEqualTo(GRID);
        assertThat(latents(tokens, 0)).containsExactly(new float[12]);
        assertThat(latents(tokens, 1)).containsExactly(new float[12]);
    }

    @Test
    void predictedTokensComeToTheirPositionsImageByImage() {
        ImageTokens tokens = ImageTokens.blank(2, GRID, 2);
        put(tokens, List.of(new int[] {0, 4}, new int[] {1, 5}), 1, 2, 3, 4, 5, 6, 7, 8);
        assertThat(latents(tokens, 0)).containsExactly(1, 2, 0, 0, 0, 0, 0, 0, 3, 4, 0, 0);
        assertThat(latents(tokens, 1)).containsExactly(0, 0, 5, 6, 0, 0, 0, 0, 0, 0, 7, 8);
        try (Tensor known = tokens.at(List.of(new int[] {4, 5, 0}, new int[] {1, 0, 5}))) {
            assertThat(known.shape()).containsExactly(2, 3, 2);
            assertThat(known.toFloats()).containsExactly(3, 4, 0, 0, 1, 2, 5, 6, 0, 0, 7, 8);
        }
        try (Tensor none = tokens.at(List.of(new int[0], new int[0]))) {
            assertThat(none.shape()).containsExactly(2, 0, 2);
        }
    }

    @Test
    void everyImageStartsWithACopyOfTheLatents() {
        float[] source = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
        ImageTokens tokens = ImageTokens.of(2, GRID, source);
        source[0] = -1;
        put(tokens, List.of(new int[] {1}, new int[] {5}), 30, 40, 110, 120);
        assertThat(latents(tokens, 0)).containsExactly(1, 2, 30, 40, 5, 6, 7, 8, 9, 10, 11, 12);
        assertThat(latents(tokens, 1)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 110, 120);
    }

    @Test
    void predictionsThatAreNotFiniteAreAnError() {
        for (float wrong : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            for (int at = 0; at < 4; at++) {
                float[] values = {1, 2, 3, 4};
                values[at] = wrong;
                assertThatExceptionOfType(InferenceException.class)
                        .isThrownBy(
                                () -> put(ImageTokens.blank(2, GRID, 2), List.of(new int[] {0}, new int[] {0}), values))
                        .withMessage("The model predicted " + wrong
                                + " for an image token; if its weights are float16, export it with --precision fp32.");
            }
        }
    }
}
