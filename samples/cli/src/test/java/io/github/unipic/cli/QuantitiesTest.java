package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantitiesTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "999, 999 B",
        "1000, 1.0 kB",
        "999949, 999.9 kB",
        "999999, 1.0 MB",
        "6543210987, 6.5 GB",
        "9223372036854775807, 9223372.0 TB"
    })
    void bytes(long bytes, String text) {
        assertThat(Quantities.bytes(bytes)).isEqualTo(text);
    }

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
