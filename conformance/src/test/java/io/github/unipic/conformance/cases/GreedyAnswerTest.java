package io.github.unipic.conformance.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class GreedyAnswerTest {
    private final GreedyAnswer answered =
            new GreedyAnswer(new long[] {2, 0}, List.of(new float[] {1, 2, 4, -5}, new float[] {3, 3, 0, 0}));

    @Test
    void marginsAreToTheNextBestInUnitsOfTheRootMeanSquare() {
        assertThat(answered.margins()).containsExactly((float) (2 / Math.sqrt(46 / 4.0)), 0);
    }

    @Test
    void theLeadIsToAnyToken() {
        assertThat(answered.lead(0, 2)).isZero();
        assertThat(answered.lead(0, 3)).isEqualTo(9 / Math.sqrt(46 / 4.0), within(1e-12));
        assertThat(answered.lead(0, 4)).isInfinite();
        assertThat(answered.lead(0, -1)).isInfinite();
    }

    @Test
    void logitsMustBeNumbers() {
        assertThat(answered.isFinite()).isTrue();
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            assertThat(new GreedyAnswer(new long[] {0}, List.of(new float[] {1, bad})).isFinite())
                    .isFalse();
        }
    }
}
