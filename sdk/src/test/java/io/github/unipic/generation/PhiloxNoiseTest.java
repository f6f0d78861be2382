package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PhiloxNoiseTest {
    private static final int CHANNELS = 16;

    /** By an independent implementation in Python. A seed must mean the same image in every version. */
    @Test
    void fixedVectors() {
        assertThat(noise(42, 7, 3))
                .containsExactly(
                        -0.37211004f,
                        0.3216682f,
                        0.7370312f,
                        -1.0219618f,
                        0.9381518f,
                        0.33842406f,
                        0.9340636f,
                        -0.23769572f,
                        0.15585068f,
                        -1.9529787f,
                        -0.5162958f,
                        0.49391592f,
                        -0.10603697f,
                        -0.043261763f,
                        -0.3032868f,
                        -0.06519553f);
        assertThat(noise(-1, 4095, 100))
                .containsExactly(
                        -0.26114127f,
                        -1.4498702f,
                        0.65723366f,
                        -0.06553217f,
                        0.22612637f,
                        -0.5204907f,
                        -0.86014026f,
                        1.549211f,
                        0.113257885f,
                        1.2281575f,
                        -1.2046403f,
                        1.4516551f,
                        0.9467273f,
                        -0.2986168f,
                        1.6337799f,
                        -0.59910136f);
        assertThat(noise(0, 0, 0))
                .containsExactly(
                        0.9911377f,
                        -0.9246626f,
                        -0.61760896f,
                        -0.4820686f,
                        1.0675901f,
                        -0.42534414f,
                        -2.367973f,
                        -0.23149689f,
                        -0.6272286f,
                        -2.6438458f,
                        -1.9065255f,
                        0.4165474f,
                        0.3201618f,
                        0.14518388f,
                        -0.14146458f,
                        -0.75309116f);
    }

    @Test
    void momentsAreThoseOfTheStandardNormalDistribution() {
        double[] values = sample(1, 0, 0);
        double mean = Arrays.stream(values).average().orElseThrow();
        assertThat(mean).isCloseTo(0, within(0.006)); // about 4 standard errors each, n = 512,000
        assertThat(moment(values, 2)).isCloseTo(1, within(0.008));
        assertThat(moment(values, 3)).isCloseTo(0, within(0.022));
        assertThat(moment(values, 4)).isCloseTo(3, within(0.06));
        double beyondTwo = Arrays.stream(values).filter(v -> Math.abs(v) > 2).count() / (double) values.length;
        assertThat(beyondTwo).isCloseTo(0.0455, within(0.0012));
    }

    @Test
    void channelsPositionsRowsAndSeedsDoNotCorrelate() {
        double[] values = sample(1, 0, 0);
        for (int lag = 1; lag < CHANNELS; lag++) {
            double[] shifted = values.clone();
            for (int i = 0; i < values.length; i++) {
                int token = i / CHANNELS * CHANNELS;
                shifted[i] = values[token + (i + lag) % CHANNELS];
            }
            assertThat(correlation(values, shifted)).as("channel lag %s", lag).isCloseTo(0, within(0.008));
        }
        assertThat(correlation(values, sample(1, 1, 0))).as("next position").isCloseTo(0, within(0.006));
        assertThat(correlation(values, sample(1, 0, 1))).as("next row").isCloseTo(0, within(0.006));
        assertThat(correlation(values, sample(2, 0, 0))).as("next seed").isCloseTo(0, within(0.006));
        assertThat(correlation(values, sample(1L << 32 | 1, 0, 0)))
                .as("high word of the seed")
                .isCloseTo(0, within(0.006));
    }

    @Test
    void aTokensNoiseDependsOnNothingElse() {
        NoiseSource source = new PhiloxNoise(9);
        float[] first = new float[CHANNELS];
        source.fill(5, 6, first);
        float[] other = new float[CHANNELS];
        for (int i = 0; i < 50; i++) {
            source.fill(50 - i, i, other);
        }
        float[] again = new float[CHANNELS];
        Arrays.fill(again, Float.NaN);
        source.fill(5, 6, again);
        assertThat(again).containsExactly(first).containsExactly(noise(9, 5, 6));
    }

    @Test
    void fewerChannelsGetTheSameBeginning() {
        float[] six = new float[6];
        new PhiloxNoise(42).fill(7, 3, six);
        assertThat(six).containsExactly(Arrays.copyOf(noise(42, 7, 3), 6));
    }

    private static float[] noise(long seed, int position, int row) {
        float[] noise = new float[CHANNELS];
        new PhiloxNoise(seed).fill(position, row, noise);
        return noise;
    }

    /** 320 positions by 100 rows by 16 channels. */
    private static double[] sample(long seed, int firstPosition, int firstRow) {
        double[] values = new double[320 * 100 * CHANNELS];
        int at = 0;
        for (int position = 0; position < 320; position++) {
            for (int row = 0; row < 100; row++) {
                for (float value : noise(seed, firstPosition + position, firstRow + row)) {
                    values[at++] = value;
                }
            }
        }
        return values;
    }

    private static double moment(double[] values, int power) {
        return Arrays.stream(values).map(v -> Math.pow(v, power)).average().orElseThrow();
    }

    private static double correlation(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum / a.length / Math.sqrt(moment(a, 2) * moment(b, 2));
    }
}
