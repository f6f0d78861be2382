package io.github.unipic.conformance.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiguresTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0, 0%",
        "1, 0, above 0",
        "NaN, 1, -",
        "NaN, 0, -",
        "1e-9, 1e-5, <1%",
        "0.999, 1, 99%",
        "1, 1, 100%",
        "1.0000001, 1, 1.01x",
        "2.5, 1, 2.50x",
        "3e-3, 2e-5, 150x",
        "1e9, 1, 1e9x"
    })
    void aFailureNeverReadsAsAPass(double value, double limit, String expected) {
        Check check =
                new Check(Area.GRAPH, "s", "s", "t", "relative L2", value, limit, Optional.empty(), Optional.empty());

        assertThat(Figures.ratio(check)).isEqualTo(expected);
        assertThat(check.passed()).isEqualTo(expected.endsWith("%"));
    }

    @Test
    void whereNothingWasComparedThereIsNoNumber() {
        Check lost = Check.didNotRun(new CaseName(Area.GRAPH, "decoder_step", "past_512"), "the process crashed");
        assertThat(Figures.value(lost)).isEqualTo("no result");
        assertThat(Figures.limit(lost)).isEqualTo("-");
        Check nans = SampleReports.failing().checks().stream()
                .filter(check -> Double.isNaN(check.value()))
                .findFirst()
                .orElseThrow();
        assertThat(Figures.value(nans)).isEqualTo("NaN");
        assertThat(Figures.limit(nans)).isEqualTo("2.00e-5");
        assertThat(Figures.ratio(nans)).isEqualTo("NaN");
    }

    @Test
    void numbersAreShort() {
        assertThat(Figures.of(3)).isEqualTo("3");
        assertThat(Figures.of(2.04e-5)).isEqualTo("2.04e-5");
        assertThat(Figures.of(Double.NaN)).isEqualTo("NaN");
        assertThat(Figures.duration(Duration.ofSeconds(252))).isEqualTo("4 min 12 s");
        assertThat(Figures.duration(Duration.ofMillis(8340))).isEqualTo("8.3 s");
        assertThat(Figures.bytes(128L << 30)).isEqualTo("128.0 GiB");
        assertThat(Figures.milliseconds(1204.4)).isEqualTo("1,204 ms");
    }
}
