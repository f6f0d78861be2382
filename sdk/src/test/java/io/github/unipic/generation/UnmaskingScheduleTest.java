package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.unipic.generation.UnmaskingSchedule.Iteration;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/** The goldens are the steps that the PyTorch reference traced (t2i_*.safetensors, step{i}.visible and .predicted). */
class UnmaskingScheduleTest {
    @Test
    void matchesGoldenT2iNative() {
        int[] order = {6, 12, 15, 4, 13, 11, 2, 14, 3, 1, 10, 0, 7, 8, 9, 5};
        assertPlan(
                4,
                order,
                new int[][] {
                    {}, {5, 9}, {0, 5, 7, 8, 9}, {0, 1, 2, 3, 5, 7, 8, 9, 10, 14},
                },
                new int[][] {
                    {5, 9},
                    {0, 7, 8},
                    {1, 2, 3, 10, 14},
                    {4, 6, 11, 12, 13, 15},
                });
    }

    @Test
    void matchesGoldenT2iWideLinear() {
        int[] order = {9, 20, 15, 12, 6, 10, 13, 11, 7, 16, 1, 0, 14, 3, 2, 18, 8, 5, 22, 21, 19, 4, 17, 23};
        assertPlan(
                5,
                order,
                new int[][] {
                    {},
                    {17, 23},
                    {4, 17, 19, 21, 23},
                    {2, 4, 5, 8, 17, 18, 19, 21, 22, 23},
                    {0, 1, 2, 3, 4, 5, 7, 8, 11, 14, 16, 17, 18, 19, 21, 22, 23},
                },
                new int[][] {
                    {17, 23},
                    {4, 19, 21},
                    {2, 5, 8, 18, 22},
                    {0, 1, 3, 7, 11, 14, 16},
                    {6, 9, 10, 12, 13, 15, 20},
                });
    }

    @Test
    void matchesGoldenT2iUnguided() {
        int[] order = {2, 10, 15, 11, 0, 5, 3, 12, 4, 6, 9, 8, 7, 1, 13, 14};
        assertPlan(
                6,
                order,
                new int[][] {
                    {},
                    {14},
                    {1, 13, 14},
                    {1, 7, 8, 13, 14},
                    {1, 4, 6, 7, 8, 9, 13, 14},
                    {0, 1, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14},
                },
                new int[][] {
                    {14}, {1, 13}, {7, 8}, {4, 6, 9}, {0, 3, 5, 12}, {2, 10, 11, 15},
                });
    }

    @Test
    void matchesGoldenT2i100Steps() {
        int[] order = {1, 2, 5, 7, 15, 6, 10, 3, 12, 4, 8, 11, 14, 0, 9, 13};
        assertPlan(
                3,
                order,
                new int[][] {
                    {}, {0, 9, 13}, {0, 4, 8, 9, 11, 12, 13, 14},
                },
                new int[][] {
                    {0, 9, 13},
                    {4, 8, 11, 12, 14},
                    {1, 2, 3, 5, 6, 7, 10, 15},
                });
    }

    /** Checksums of the reference's `left` for many sizes and iteration counts. */
    @Test
    void countsMatchTheReference() throws IOException {
        try (InputStream json = getClass().getResourceAsStream("/schedule/unmasking.json")) {
            JsonNode cases = new ObjectMapper().readTree(json);
            assertThat(cases).hasSizeGreaterThan(90);
            for (JsonNode expected : cases) {
                int tokens = expected.get(0).asInt();
                int iterations = expected.get(1).asInt();
                // The reference's other iterations predict nothing and leave one token.
                int[] counts = new int[iterations];
                Arrays.fill(counts, 1);
                plan(iterations, IntStream.range(0, tokens).toArray())
                        .forEach(iteration -> counts[iteration.index()] = iteration.left());
                String left = IntStream.of(counts).mapToObj(Integer::toString).collect(Collectors.joining(","));
                CRC32 crc = new CRC32();
                crc.update(left.getBytes(StandardCharsets.US_ASCII));
                assertThat(crc.getValue())
                        .as("%s tokens, %s iterations", tokens, iterations)
                        .isEqualTo(expected.get(2).asLong());
            }
        }
    }

    @Test
    void everyTokenIsPredictedOnceAlsoWithMoreIterationsThanTokens() {
        for (int tokens : new int[] {1, 2, 5, 16}) {
            for (int iterations : new int[] {1, 2, 7, 16, 40}) {
                int[] order = TokenOrder.random(tokens, 3);
                List<Iteration> plan = plan(iterations, order);
                assertThat(plan).hasSizeLessThanOrEqualTo(Math.min(tokens, iterations));
                assertThat(plan).extracting(Iteration::index).isSorted().endsWith(iterations - 1);
                int[] known = {};
                for (Iteration iteration : plan) {
                    assertThat(iteration.known().get(0)).containsExactly(known);
                    assertThat(iteration.predicted().get(0)).isSorted().isNotEmpty();
                    known = IntStream.concat(
                                    Arrays.stream(known),
                                    Arrays.stream(iteration.predicted().get(0)))
                            .sorted()
                            .toArray();
                }
                assertThat(known).containsExactly(IntStream.range(0, tokens).toArray());
            }
        }
    }

    @Test
    void thePlanIsFixed() {
        int[] order = {2, 0, 1};
        List<Iteration> plan = plan(1, order);
        order[0] = 99;
        plan.get(0).predicted().get(0)[0] = 99;
        assertThat(plan.get(0).predicted().get(0)).containsExactly(0, 1, 2);
        assertThatThrownBy(() -> plan.remove(0)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> plan.get(1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> plan.get(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static List<Iteration> plan(int iterations, int[] order) {
        return UnmaskingSchedule.plan(iterations, List.of(order), order.length);
    }

    private static void assertPlan(int iterations, int[] order, int[][] known, int[][] predicted) {
        List<Iteration> plan = plan(iterations, order);
        assertThat(plan).hasSize(iterations);
        for (int k = 0; k < iterations; k++) {
            assertThat(plan.get(k).known().get(0)).as("known at %s", k).containsExactly(known[k]);
            assertThat(plan.get(k).predicted().get(0)).as("predicted at %s", k).containsExactly(predicted[k]);
        }
    }
}
