package io.github.unipic.conformance.meaning;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import io.github.unipic.UniPic;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.testing.SmallModel;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Failing checks. ConformanceRunTest has the passing ones: the trained model generates, describes and edits correctly.
 */
class MeaningChecksTest {
    @Test
    void aModelThatKnowsNothingFailsByName() {
        Results results = new Results(check -> {}, (done, total) -> {});
        try (UniPic unipic = UniPic.load(SmallModel.folder())) {
            new MeaningChecks(unipic, results, new Cancellation()).run();
        }
        List<Check> checks = results.checks();
        assertThat(checks).hasSize(30 + 24 + 4).noneMatch(Check::passed);
        assertThat(checks.get(0).name())
                .isEqualTo("meaning/generate/a small green cross at the bottom, on a brown background/image"
                        + " (wrong attributes)");
        assertThat(checks.get(0).note().orElseThrow()).contains("not small bottom", "bottom is nothing, not green");
    }
}
