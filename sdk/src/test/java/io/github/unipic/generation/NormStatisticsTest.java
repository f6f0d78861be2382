package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NormStatisticsTest {
    private static NormStatistics of(double... values) {
        double mean = Arrays.stream(values).average().orElseThrow();
        double variance = Arrays.stream(values)
                .map(value -> (value - mean) * (value - mean))
                .average()
                .orElseThrow();
        return new NormStatistics(new double[] {mean}, new double[] {variance}, values.length);
    }

    @Test
    void mergedPartsHaveTheStatisticsOfAllTheirValues() {
        Random random = new Random(3);
        // Far from zero, where sums of squares would lose their digits.
        double[] all = random.doubles(1000, 1e6, 1e6 + 1).toArray();
        all[7] += 5;
        NormStatistics merged = of(Arrays.copyOfRange(all, 0, 10))
                .merge(of(Arrays.copyOfRange(all, 10, 700)))
                .merge(of(Arrays.copyOfRange(all, 700, 1000)));
        NormStatistics direct = of(all);
        assertThat(merged.positions()).isEqualTo(1000);
        assertThat(merged.means()[0]).isCloseTo(direct.means()[0], within(1e-9));
        assertThat(merged.variances()[0]).isCloseTo(direct.variances()[0], within(1e-9));
    }

    @Test
    void aPartOfOneValueHasNoVarianceButMovesTheMean() {
        NormStatistics merged = of(1).merge(of(4, 4));
        assertThat(merged.means()).containsExactly(3);
        assertThat(merged.variances()[0]).isCloseTo(2, within(1e-12));
    }

    @Test
    void pairsComeAsTheyWent() {
        float[] pairs = {1, 2, -3, 4};
        NormStatistics statistics = NormStatistics.of(pairs, 5);
        assertThat(statistics.means()).containsExactly(1, -3);
        assertThat(statistics.variances()).containsExactly(2, 4);
        assertThat(statistics.pairs()).containsExactly(pairs);
    }

    @Test
    void changeIsTheLargestInStandardDeviations() {
        NormStatistics before = NormStatistics.of(new float[] {0, 4, 10, 1}, 1);
        assertThat(before.change(before)).isZero();
        assertThat(before.change(NormStatistics.of(new float[] {1, 4, 10, 1}, 1)))
                .isEqualTo(0.5);
        assertThat(before.change(NormStatistics.of(new float[] {0, 16, 10, 1}, 1)))
                .isEqualTo(0.5);
        assertThat(before.change(NormStatistics.of(new float[] {1, 4, 8, 1}, 1)))
                .isEqualTo(2);
    }

    @Test
    void aGroupThatIsTheSameEverywhereMayStaySo() {
        NormStatistics flat = NormStatistics.of(new float[] {3, 0}, 1);
        assertThat(flat.change(flat)).isZero();
        assertThat(flat.change(NormStatistics.of(new float[] {3.5f, 0}, 1))).isInfinite();
    }

    /** A part of 3 values and one of 1, of two groups each. */
    @Test
    void everyGroupIsMergedOnItsOwn() {
        NormStatistics three = new NormStatistics(new double[] {1, 10}, new double[] {4, 0}, 3);
        NormStatistics one = new NormStatistics(new double[] {5, 10}, new double[] {0, 8}, 1);
        for (NormStatistics merged : List.of(three.merge(one), one.merge(three))) {
            assertThat(merged.positions()).isEqualTo(4);
            assertThat(merged.means()).containsExactly(2, 10);
            assertThat(merged.variances()[0]).isCloseTo(3 + 3.0 / 16 * 16, within(1e-12));
            assertThat(merged.variances()[1]).isCloseTo(2, within(1e-12));
        }
    }

    @Test
    void aNarrowerGroupChangesAsWell() {
        NormStatistics wide = NormStatistics.of(new float[] {0, 16}, 1);
        NormStatistics narrow = NormStatistics.of(new float[] {0, 4}, 1);
        assertThat(wide.change(narrow)).isEqualTo(1); // 4 to 2, in deviations of 2
        assertThat(wide.change(NormStatistics.of(new float[] {-2, 16}, 1))).isEqualTo(0.5);
    }
}
