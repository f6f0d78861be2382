package io.github.unipic.conformance.cases;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Compares with numbers that Python computed from the description in docs/conformance-cases.md. */
class SeededValuesTest {
    private static final long LARGEST = 0xffff_ffffL;

    @Test
    void floatsAreTheSameToTheBit() {
        SeededValues values = new SeededValues(1508, "decoder_step/past_512/embeds");
        assertThat(values.floats(3)).containsExactly(bits(0xbf5903ed), bits(0xbfab2564), bits(0x3f35669c));
        assertThat(values.floatAt(2)).isEqualTo(bits(0x3f35669c));
    }

    @Test
    void largestSeedOtherLettersAndIndicesOfMoreThan32Bits() {
        SeededValues values = new SeededValues(LARGEST, "loop/größe/noise");
        assertThat(values.floatAt(0)).isEqualTo(bits(0xbf3ecd9d));
        assertThat(values.floatAt(1)).isEqualTo(bits(0xbfd0e975));
        assertThat(values.floatAt(1L << 32)).isEqualTo(bits(0xbe659ccb));
        assertThat(values.floatAt((1L << 32) + 1)).isEqualTo(bits(0x3f02deb2));
    }

    @Test
    void idsAreUnsignedRemainders() {
        assertThat(new SeededValues(1508, "text_embedding/two_rows/ids").below(448, 4))
                .containsExactly(137, 81, 108, 413);
        assertThat(new SeededValues(LARGEST, "ids").below(151936, 6))
                .containsExactly(73550, 122640, 104710, 45048, 104386, 31092);
    }

    @Test
    void eachRowHasAnOrderOfItsOwn() {
        SeededValues values = new SeededValues(1508, "loop/t2i/order");
        assertThat(values.permutation(0, 8)).containsExactly(0, 7, 5, 1, 2, 4, 3, 6);
        assertThat(values.permutation(1, 8)).containsExactly(0, 5, 4, 7, 2, 1, 3, 6);
        assertThat(values.permutation(3, 1000))
                .containsExactlyInAnyOrder(IntStream.range(0, 1000).toArray());
        assertThat(values.permutation(0, 0)).isEmpty();
    }

    @Test
    void zeroMeanAndUnitVariance() {
        float[] values = new SeededValues(1508, "moments").floats(20_000);
        double sum = 0;
        double squares = 0;
        for (float value : values) {
            sum += value;
            squares += (double) value * value;
        }
        assertThat(sum / values.length).isBetween(-0.02, 0.02);
        assertThat(squares / values.length).isBetween(0.98, 1.02);
    }

    private static float bits(int bits) {
        return Float.intBitsToFloat(bits);
    }
}
