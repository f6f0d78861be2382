package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import io.github.unipic.DescribeRequest;
import io.github.unipic.InferenceException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenSamplerTest {
    /** Probabilities 0.5, 0.25, 0.125, 0.125 at temperature 1, scattered over the vocabulary. */
    private static final float[] LOGITS = {-90, log(0.125), log(0.5), -90, log(0.25), log(0.125)};

    private static final int DRAWS = 20_000;

    private static float log(double probability) {
        return (float) Math.log(probability);
    }

    private static DescribeRequest.Builder request() {
        return DescribeRequest.builder("").temperature(1);
    }

    private static double[] frequencies(DescribeRequest.Builder request, List<Integer> before) {
        double[] frequencies = new double[LOGITS.length];
        for (int seed = 0; seed < DRAWS; seed++) {
            int token = new TokenSampler(request.seed(seed).build()).next(LOGITS.clone(), before);
            frequencies[token] += 1.0 / DRAWS;
        }
        return frequencies;
    }

    private static void assertFrequencies(double[] actual, double... expected) {
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).as("token %d", i).isCloseTo(expected[i], within(0.015));
        }
    }

    @Test
    void greedyTakesTheMostLikelyAndTheFirstOfEquals() {
        TokenSampler greedy = new TokenSampler(DescribeRequest.builder("").build());
        assertThat(greedy.next(LOGITS.clone(), List.of())).isEqualTo(2);
        assertThat(greedy.next(new float[] {1, 3, 3}, List.of())).isEqualTo(1);
        assertThat(greedy.next(new float[] {-5, -3, -4}, List.of())).isEqualTo(1);
    }

    @Test
    void samplesByProbability() {
        assertFrequencies(frequencies(request(), List.of()), 0, 0.125, 0.5, 0, 0.25, 0.125);
    }

    @Test
    void temperatureSoftens() {
        double[] weights = {0, Math.sqrt(0.125), Math.sqrt(0.5), 0, Math.sqrt(0.25), Math.sqrt(0.125)};
        double total = 2 * Math.sqrt(0.125) + Math.sqrt(0.5) + Math.sqrt(0.25);
        assertFrequencies(
                frequencies(request().temperature(2), List.of()),
                java.util.Arrays.stream(weights).map(weight -> weight / total).toArray());
    }

    @Test
    void topKKeepsTheMostLikely() {
        assertFrequencies(frequencies(request().topK(2), List.of()), 0, 0, 2 / 3.0, 0, 1 / 3.0, 0);
    }

    @Test
    void topPKeepsTheFewestThatReachIt() {
        assertFrequencies(frequencies(request().topP(0.7), List.of()), 0, 0, 2 / 3.0, 0, 1 / 3.0, 0);
        assertFrequencies(frequencies(request().topP(0.5), List.of()), 0, 0, 1, 0, 0, 0);
    }

    @Test
    void repetitionPenaltyLowersWhatWasUsed() {
        TokenSampler penalizing = new TokenSampler(
                DescribeRequest.builder("").repetitionPenalty(2).build());
        assertThat(penalizing.next(new float[] {3, 2}, List.of(0))).isEqualTo(1);
        assertThat(penalizing.next(new float[] {-2, -3}, List.of(0, 0))).isEqualTo(1);
        assertThat(penalizing.next(new float[] {3, 2}, List.of(1))).isZero();
    }

    /** The first of two equal ones reaches a half alone. */
    @Test
    void theNucleusEndsWhereItReachesTopP() {
        for (int seed = 0; seed < 20; seed++) {
            DescribeRequest half = request().seed(seed).topP(0.5).build();
            assertThat(new TokenSampler(half).next(new float[] {0, 0}, List.of()))
                    .isZero();
        }
    }

    @Test
    void onlyDifferencesOfLogitsMatter() {
        for (int seed = 0; seed < 20; seed++) {
            DescribeRequest request = request().seed(seed).build();
            int token = new TokenSampler(request).next(new float[] {1, 2, 0.5f, 1.5f}, List.of());
            for (float offset : new float[] {-2048, 2048}) {
                float[] logits = {1 + offset, 2 + offset, 0.5f + offset, 1.5f + offset};
                assertThat(new TokenSampler(request).next(logits, List.of())).isEqualTo(token);
            }
        }
    }

    /** Of 64 equally likely tokens, 20 without a seed are the same once in 2^114. */
    @Test
    void withoutASeedEachSamplerIsAnother() {
        assertThat(IntStream.range(0, 20)
                        .map(i -> new TokenSampler(request().build()).next(new float[64], List.of()))
                        .distinct()
                        .count())
                .isGreaterThan(1);
    }

    @Test
    void moreCandidatesThanTokensAreAll() {
        for (int seed = 0; seed < 20; seed++) {
            int all = new TokenSampler(request().seed(seed).build()).next(LOGITS.clone(), List.of());
            for (int topK : new int[] {LOGITS.length, LOGITS.length + 1}) {
                DescribeRequest request = request().seed(seed).topK(topK).build();
                assertThat(new TokenSampler(request).next(LOGITS.clone(), List.of()))
                        .isEqualTo(all);
            }
        }
    }

    @Test
    void eachStepSamplesIndependently() {
        TokenSampler sampler = new TokenSampler(request().seed(1).build());
        List<Integer> before = new java.util.ArrayList<>();
        for (int i = 0; i < 50; i++) {
            before.add(sampler.next(LOGITS.clone(), before));
        }
        assertThat(before).contains(2, 4);
        TokenSampler same = new TokenSampler(request().seed(1).build());
        assertThat(same.next(LOGITS.clone(), List.of())).isEqualTo(before.get(0));
    }

    @Test
    void logitsThatAreNoNumbersAreAnError() {
        for (float wrong : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            for (double temperature : new double[] {0, 1}) {
                TokenSampler sampler =
                        new TokenSampler(request().temperature(temperature).build());
                assertThatExceptionOfType(InferenceException.class)
                        .isThrownBy(() -> sampler.next(new float[] {1, wrong, 2}, List.of()))
                        .withMessageContaining("logit");
            }
        }
    }

    /** The sampler sorts as far as it looks only; this sorts all. */
    @Test
    void samplesAreThoseOfAWholeSort() {
        Random random = new Random(3);
        float[] logits = new float[5000];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = Math.round(random.nextGaussian() * 30) / 10f; // with equal ones
        }
        int[] sorted = IntStream.range(0, logits.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -logits[i]).thenComparing(i -> i))
                .mapToInt(i -> i)
                .toArray();
        for (int seed = 0; seed < 200; seed++) {
            for (DescribeRequest request : List.of(
                    request().seed(seed).build(),
                    request().seed(seed).topK(700).build(),
                    request().seed(seed).topP(0.3).build(),
                    request().seed(seed).topK(3000).topP(0.9).temperature(2).build())) {
                assertThat(new TokenSampler(request).next(logits.clone(), List.of()))
                        .isEqualTo(byWholeSort(logits, sorted, request, seed));
            }
        }
    }

    private static int byWholeSort(float[] logits, int[] sorted, DescribeRequest request, int seed) {
        int count = request.topK() == 0 ? logits.length : request.topK();
        int[] ranked = Arrays.copyOf(sorted, count);
        double[] weights = IntStream.of(ranked)
                .mapToDouble(i -> StrictMath.exp(((double) logits[i] - logits[ranked[0]]) / request.temperature()))
                .toArray();
        double total = DoubleStream.of(weights).sum();
        double nucleus = 0;
        int kept = 0;
        while (kept < count && (kept == 0 || nucleus < request.topP() * total)) {
            nucleus += weights[kept++];
        }
        double uniform = (Integer.toUnsignedLong(Philox.block(seed, 0, 0, 0, 2)[0]) + 0.5) / 0x1p32;
        double target = uniform * nucleus;
        for (int i = 0; i < kept; i++) {
            target -= weights[i];
            if (target < 0) {
                return ranked[i];
            }
        }
        return ranked[kept - 1];
    }
}
