package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.unipic.InvalidRequestException;
import java.io.IOException;
import java.io.InputStream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the PyTorch reference's DiffusionSchedule: all timesteps, some rows, and the sum of each column. */
class DiffusionScheduleTest {
    private static final Percentage FLOAT_ROUNDING = Percentage.withPercentage(2e-5);

    static Iterable<JsonNode> references() throws IOException {
        try (InputStream json = DiffusionScheduleTest.class.getResourceAsStream("/schedule/diffusion.json")) {
            JsonNode cases = new ObjectMapper().readTree(json);
            assertThat(cases).hasSize(22);
            return cases;
        }
    }

    @ParameterizedTest
    @MethodSource("references")
    void matchesTheReference(JsonNode expected) {
        int steps = expected.get("steps").asInt();
        DiffusionSchedule schedule =
                DiffusionSchedule.cosine(steps, expected.get("max_beta").asDouble());
        long[] timesteps = schedule.timesteps();
        assertThat(timesteps).hasSize(steps);
        for (int i = 0; i < steps; i++) {
            assertThat(timesteps[i]).isEqualTo(expected.get("timesteps").get(i).asLong());
        }
        float[] table = schedule.coefficients();
        assertThat(table).hasSize(steps * DiffusionSchedule.COLUMNS);
        expected.get("rows").properties().forEach(row -> {
            for (int column = 0; column < DiffusionSchedule.COLUMNS; column++) {
                float value = table[Integer.parseInt(row.getKey()) * DiffusionSchedule.COLUMNS + column];
                assertClose(value, row.getValue().get(column).asDouble(), "row " + row.getKey() + ", column " + column);
            }
        });
        for (int column = 0; column < DiffusionSchedule.COLUMNS; column++) {
            double sum = 0;
            for (int i = column; i < table.length; i += DiffusionSchedule.COLUMNS) {
                sum += table[i];
            }
            assertClose(sum, expected.get("column_sums").get(column).asDouble(), "sum of column " + column);
        }
    }

    private static void assertClose(double actual, double expected, String what) {
        if (expected == 0) {
            assertThat(actual).as(what).isZero();
        } else {
            assertThat(actual).as(what).isCloseTo(expected, FLOAT_ROUNDING);
        }
    }

    @Test
    void everyNumberOfStepsDescendsToZeroWithFiniteCoefficients() {
        for (int steps = 1; steps <= 1000; steps++) {
            DiffusionSchedule schedule = DiffusionSchedule.cosine(steps, 0.2);
            long[] timesteps = schedule.timesteps();
            assertThat(timesteps[0]).isEqualTo(steps == 1 ? 0 : 999);
            assertThat(timesteps[steps - 1]).isZero();
            for (int i = 1; i < steps; i++) {
                assertThat(timesteps[i]).isLessThan(timesteps[i - 1]);
            }
            for (float coefficient : schedule.coefficients()) {
                assertThat(coefficient).isFinite();
            }
        }
    }

    @Test
    void theLastStepExecutedReturnsX0AndABoundedVariance() {
        float[] table = DiffusionSchedule.cosine(10, 0.2).coefficients();
        assertThat(table[9 * 6 + 2]).as("weight of x0").isCloseTo(1, within(1e-6f));
        assertThat(table[9 * 6 + 3]).as("weight of x").isZero();
        assertThat(table[9 * 6 + 4]).as("that of the step before").isEqualTo(table[8 * 6 + 4]);
        float[] single = DiffusionSchedule.cosine(1, 0.2).coefficients();
        assertThat(single[4]).isEqualTo(single[5]).isFinite();
    }

    @Test
    void resultsAreCopies() {
        DiffusionSchedule schedule = DiffusionSchedule.cosine(2, 0.2);
        schedule.timesteps()[0] = -1;
        schedule.coefficients()[0] = -1;
        assertThat(schedule.timesteps()).containsExactly(999, 0);
        assertThat(schedule.coefficients()[0]).isPositive();
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 1001})
    void refusesOtherStepCounts(int steps) {
        assertThatThrownBy(() -> DiffusionSchedule.cosine(steps, 0.2))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("diffusion steps must be 1 to 1000, not " + steps);
    }
}
