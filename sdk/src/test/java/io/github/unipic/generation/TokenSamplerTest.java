package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.unipic.DescribeRequest;
import java.util.List;
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
    void greedyTakesTheLikeliestAndTheFirstOfEquals() {
        TokenSampler greedy = new TokenSampler(DescribeRequest.builder("").build());
        assertThat(greedy.next(LOGITS.clone(), List.of())).isEqualTo(2);
        assertThat(greedy.next(new float[] {1, 3, 3}, List.of())).isEqualTo(1);
        assertThat(greedy.next(new float[] {-5, -3, -4}, List.of())).isEqualTo(1);
    }

    @Test
    void drawsByProbability() {
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
    void topKKeepsTheLikeliest() {
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

    @Test
    void eachStepDrawsAnew() {
        TokenSampler choice = new TokenSampler(request().seed(1).build());
        List<Integer> before = new java.util.ArrayList<>();
        for (int i = 0; i < 50; i++) {
            before.add(choice.next(LOGITS.clone(), before));
        }
        assertThat(before).contains(2, 4);
        TokenSampler same = new TokenSampler(request().seed(1).build());
        assertThat(same.next(LOGITS.clone(), List.of())).isEqualTo(before.get(0));
    }
}
