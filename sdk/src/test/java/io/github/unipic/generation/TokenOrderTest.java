package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.InvalidRequestException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenOrderTest {
    /** By an independent implementation in Python. */
    @Test
    void fixedVectors() {
        assertThat(TokenOrder.random(16, 42)).containsExactly(7, 6, 14, 12, 0, 15, 13, 9, 5, 11, 3, 1, 10, 4, 8, 2);
        assertThat(TokenOrder.random(16, 43)).containsExactly(14, 2, 6, 10, 7, 4, 5, 1, 8, 11, 9, 0, 12, 13, 15, 3);
        CRC32 crc = new CRC32();
        crc.update(Arrays.stream(TokenOrder.random(4096, 42))
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(","))
                .getBytes(StandardCharsets.US_ASCII));
        assertThat(crc.getValue()).isEqualTo(1279669770L);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 16, 1000, 4096})
    void isAPermutation(int tokens) {
        for (long seed = -2; seed < 3; seed++) {
            int[] order = TokenOrder.random(tokens, seed);
            assertThat(Arrays.stream(order).sorted())
                    .containsExactlyElementsOf(
                            IntStream.range(0, tokens).boxed().toList());
            assertThatCode(() -> TokenOrder.check(order, tokens)).doesNotThrowAnyException();
        }
    }

    @Test
    void everyPermutationIsAboutAsLikely() {
        int[] counts = new int[6];
        int draws = 24_000;
        for (int seed = 0; seed < draws; seed++) {
            int[] order = TokenOrder.random(3, seed);
            counts[order[0] * 2 + (order[1] > order[2] ? 1 : 0)]++;
        }
        double chiSquare = Arrays.stream(counts)
                .mapToDouble(count -> Math.pow(count - draws / 6.0, 2) / (draws / 6.0))
                .sum();
        assertThat(chiSquare)
                .as("5 degrees of freedom, 99.9 %% below 20.5: %s", Arrays.toString(counts))
                .isLessThan(20.5);
    }

    @Test
    void everyPositionOfALargeOrderIsAboutUniform() {
        double[] sums = new double[64];
        for (int seed = 0; seed < 2000; seed++) {
            int[] order = TokenOrder.random(64, seed);
            for (int i = 0; i < 64; i++) {
                sums[i] += order[i];
            }
        }
        // Mean 31.5, standard error 18.5 / sqrt(2000) = 0.41.
        assertThat(Arrays.stream(sums).map(sum -> sum / 2000))
                .allSatisfy(mean -> assertThat(mean).isBetween(29.8, 33.2));
    }

    @Test
    void refusesWhatIsNoPermutation() {
        assertThatThrownBy(() -> TokenOrder.check(new int[] {0, 1}, 3))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("order must have one position for each of the image's 3 tokens, not 2");
        assertThatThrownBy(() -> TokenOrder.check(new int[] {0, 3, 1}, 3))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("order must hold positions 0 to 2, not 3 (at index 1)");
        assertThatThrownBy(() -> TokenOrder.check(new int[] {0, -1, 1}, 3)).hasMessageContaining("not -1 (at index 1)");
        assertThatThrownBy(() -> TokenOrder.check(new int[] {0, 1, 0}, 3))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("order must hold each position once; 0 is repeated at index 2");
    }
}
