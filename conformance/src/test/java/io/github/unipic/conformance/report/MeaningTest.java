package io.github.unipic.conformance.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MeaningTest {
    @ParameterizedTest
    @CsvSource({
        // Noise of a length e turns the result by about e: the cosine is 1 - e²/2.
        "4e-5, 0.9999999992, 0, A little over",
        "3e-3, 0.9999955, 0, Far more than rounding",
        // Twice as long and as good as not turned.
        "1, 0.999999, 0, The right direction",
        "1.2, 0.3, 0, little in common",
        "1e-6, 1, 5, not finite"
    })
    void theShapeOfAnErrorTellsWhereToLook(double relativeL2, double cosine, long nans, String expected) {
        ErrorStatistics errors = new ErrorStatistics(
                100, relativeL2, cosine, 1, 1, nans, 0, Collections.nCopies(ErrorStatistics.DECADES, 10L));
        Check check = new Check(
                Area.GRAPH,
                "s",
                "s",
                "t",
                "relative L2",
                nans > 0 ? Double.NaN : relativeL2,
                2e-5,
                Optional.of(errors),
                Optional.empty());

        assertThat(Meaning.of(check)).contains(expected);
    }
}
