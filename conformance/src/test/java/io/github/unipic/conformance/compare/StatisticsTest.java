package io.github.unipic.conformance.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.unipic.conformance.report.ErrorStatistics;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class StatisticsTest {
    private static final float NAN = Float.NaN;
    private static final float INFINITY = Float.POSITIVE_INFINITY;

    @Test
    void aSmallExample() {
        ErrorStatistics errors = Statistics.of(values(3, 4, 0.5f), values(3, 4, 0));
        assertThat(errors.values()).isEqualTo(3);
        assertThat(errors.relativeL2()).isEqualTo(0.1);
        assertThat(errors.cosine()).isEqualTo(25 / Math.sqrt(25 * 25.25), within(1e-15));
        assertThat(errors.largest()).isEqualTo(0.5);
        assertThat(errors.referenceRms()).isEqualTo(5 / Math.sqrt(3), within(1e-15));
        assertThat(errors.nans()).isZero();
        assertThat(errors.infinities()).isZero();
    }

    @Test
    void whatIsNotFiniteIsCountedAndLeftOut() {
        ErrorStatistics errors = Statistics.of(values(NAN, INFINITY, -INFINITY, 2), values(1, 1, 1, 1));
        assertThat(errors.nans()).isEqualTo(1);
        assertThat(errors.infinities()).isEqualTo(2);
        assertThat(errors.largest()).isEqualTo(1);
        assertThat(errors.histogram().stream().mapToLong(Long::longValue).sum()).isEqualTo(1);
    }

    @Test
    void whatIsNotFiniteNeverAgrees() {
        ErrorStatistics errors = Statistics.of(values(INFINITY, NAN, 1, 1, 1), values(INFINITY, NAN, 1, NAN, INFINITY));
        assertThat(errors.nans()).isEqualTo(2);
        assertThat(errors.infinities()).isEqualTo(2);
        assertThat(errors.relativeL2()).isZero();
        assertThat(errors.histogram().stream().mapToLong(Long::longValue).sum()).isEqualTo(1);
    }

    @Test
    void aReferenceOfZeros() {
        ErrorStatistics same = Statistics.of(values(0, 0), values(0, 0));
        assertThat(same.relativeL2()).isZero();
        assertThat(same.cosine()).isEqualTo(1);
        assertThat(Statistics.of(values(0, 1e-30f), values(0, 0)).relativeL2()).isEqualTo(Double.POSITIVE_INFINITY);
    }

    @Test
    void eachErrorHasItsDecade() {
        float[] expected = new float[10];
        Arrays.fill(expected, 1);
        float[] actual = expected.clone();
        actual[1] = 1.00003f;
        actual[2] = 1.0003f;
        actual[3] = 1.003f;
        actual[4] = 1.03f;
        actual[5] = 1.3f;
        actual[6] = 4;
        actual[7] = 300;
        assertThat(Statistics.of(actual, expected).histogram())
                .containsExactly(3L, 0L, 0L, 0L, 1L, 1L, 1L, 1L, 1L, 2L)
                .hasSize(ErrorStatistics.DECADES);
    }

    private static float[] values(float... values) {
        return values;
    }
}
