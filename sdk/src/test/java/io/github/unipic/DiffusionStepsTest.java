package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.DiffusionSteps.Curve;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DiffusionStepsTest {
    private static int[] all(DiffusionSteps steps, int iterations) {
        return IntStream.range(0, iterations).map(k -> steps.at(k, iterations)).toArray();
    }

    /** Expected values by the paper's formulas, in Python. */
    @Test
    void stepsFall() {
        assertThat(all(DiffusionSteps.annealed(50, 5), 12))
                .containsExactly(50, 45, 41, 37, 33, 29, 25, 21, 17, 13, 9, 5);
        assertThat(all(new DiffusionSteps(50, 5, Curve.COSINE), 12))
                .containsExactly(50, 49, 46, 42, 36, 30, 24, 18, 12, 8, 5, 5);
        assertThat(all(DiffusionSteps.constant(100), 3)).containsExactly(100, 100, 100);
        assertThat(all(DiffusionSteps.annealed(25, 5), 1)).containsExactly(25);
        assertThat(all(DiffusionSteps.annealed(25, 5), 2)).containsExactly(25, 5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"100", "50..5", "1000..2 cosine", "1"})
    void textIsReadAgain(String text) {
        assertThat(DiffusionSteps.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "a", "0", "1001", "5..50", "50..", "50..0", "50..1", "50...5", "50..5 square", "99999", "-1"
            })
    void whatIsNoneIsRefused(String text) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> DiffusionSteps.parse(text))
                .withMessageContaining("diffusion steps");
    }

    @Test
    void somethingIsComputedAtFirstAndThenEverySoManyIterations() {
        assertThat(IntStream.range(0, 14).filter(Reuse.every(4)::computes)).containsExactly(0, 1, 5, 9, 13);
        assertThat(IntStream.range(0, 16).filter(new Reuse(5, 9)::computes)).containsExactly(0, 1, 2, 3, 4, 13);
        assertThat(IntStream.range(0, 50)).allMatch(Reuse.every(1)::computes);
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> Reuse.every(0))
                .withMessageContaining("1 to 100000");
    }

    @Test
    void anImageTellsThem() {
        GenerateRequest request = GenerateRequest.builder("a fox")
                .size(64, 64)
                .iterations(8)
                .guidance(3)
                .guidanceSchedule(GuidanceSchedule.CONSTANT)
                .temperature(1)
                .seed(7)
                .diffusionSteps(new DiffusionSteps(50, 5, Curve.COSINE))
                .guidanceReuse(new Reuse(3, 4))
                .tokenReuse(new Reuse(2, 5))
                .build();
        assertThat(request.toMetadata().get("parameters"))
                .contains(
                        "\"50..5 cosine\"",
                        "\"guidance_reuse\":{\"initial\":3,\"every\":4}",
                        "\"token_reuse\":{\"initial\":2,\"every\":5}");
        assertThat(GenerateRequest.fromMetadata(request.toMetadata())).contains(request);
        GenerateRequest exact = request.toBuilder()
                .diffusionSteps(100)
                .guidanceReuse(Reuse.NONE)
                .tokenReuse(Reuse.NONE)
                .build();
        assertThat(exact.toMetadata().get("parameters"))
                .contains("\"diffusion_steps\":100")
                .doesNotContain("reuse");
    }
}
