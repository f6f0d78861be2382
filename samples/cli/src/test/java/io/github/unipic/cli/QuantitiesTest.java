package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantitiesTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0.0 s",
        "420, 0.4 s",
        "9949, 9.9 s",
        "9950, 10 s",
        "59400, 59 s",
        "59600, 1 min 00 s",
        "247000, 4 min 07 s",
        "3900000, 1 h 05 min"
    })
    void time(long millis, String text) {
        assertThat(Quantities.time(Duration.ofMillis(millis))).isEqualTo(text);
    }
}
