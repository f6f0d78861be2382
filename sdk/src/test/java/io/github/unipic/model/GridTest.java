package io.github.unipic.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GridTest {
    @Test
    void hasATokenAtEachRowAndColumn() {
        assertThat(new Grid(1, 1).tokens()).isEqualTo(1);
        assertThat(new Grid(64, 48).tokens()).isEqualTo(3072);
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 0", "-1, -1"})
    void hasATokenAtLeast(int height, int width) {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new Grid(height, width))
                .withMessage("A grid of " + height + " x " + width + " has no tokens.");
    }

    @Test
    void hasNoMoreTokensThanCanBeCounted() {
        assertThatExceptionOfType(ArithmeticException.class).isThrownBy(() -> new Grid(1 << 16, 1 << 15).tokens());
    }
}
