package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A ranking sorts a part; these sort all. */
class RankingTest {
    private static int[] sorted(float[] logits) {
        return IntStream.range(0, logits.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -logits[i]).thenComparing(i -> i))
                .mapToInt(i -> i)
                .toArray();
    }

    private static void assertRanked(float[] logits) {
        int[] expected = sorted(logits);
        Ranking ranking = new Ranking(logits);
        for (int rank = 0; rank < expected.length; rank++) {
            assertThat(ranking.token(rank)).as("rank %d", rank).isEqualTo(expected[rank]);
        }
        for (int rank : new int[] {expected.length - 1, expected.length / 2, 0}) {
            assertThat(new Ranking(logits).token(rank)).isEqualTo(expected[rank]);
        }
    }

    /** 64 are sorted first, then 512, then 4096. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 63, 64, 65, 511, 512, 513, 700, 5000})
    void anyNumberOfTokens(int count) {
        Random random = new Random(count);
        float[] distinct = new float[count];
        float[] few = new float[count];
        for (int i = 0; i < count; i++) {
            distinct[i] = (float) random.nextGaussian();
            few[i] = random.nextInt(5) - 2.5f;
        }
        assertRanked(distinct);
        assertRanked(few);
    }

    @Test
    void logitsInOrderAndAllTheSame() {
        float[] ascending = new float[300];
        float[] descending = new float[300];
        for (int i = 0; i < 300; i++) {
            ascending[i] = i - 150.5f;
            descending[i] = 150.5f - i;
        }
        assertRanked(ascending);
        assertRanked(descending);
        assertRanked(new float[300]);
    }

    @Test
    void theLargestAndTheSmallestNumbers() {
        assertRanked(new float[] {-1, Float.MAX_VALUE, 0, -Float.MAX_VALUE, Float.MIN_VALUE, 1, -Float.MIN_VALUE});
    }
}
