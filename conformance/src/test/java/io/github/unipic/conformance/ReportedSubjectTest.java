package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import io.github.unipic.conformance.report.ConformanceReport;
import io.github.unipic.testing.SmallModel;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The report describes its run. */
class ReportedSubjectTest {
    @Test
    void aReferenceOfTheRunsOwnIsCalledThat() {
        ConformanceReport report =
                run(new Source.Model(SmallModel.folder(), Optional.empty())).run();
        assertThat(report.failures()).isEmpty();
        assertThat(report.subject().reference())
                .startsWith("ONNX Runtime")
                .endsWith(", recorded in this run by the runtime under test");
    }

    private static ConformanceRun run(Source source) {
        return SmokeRun.of(source, new Cancellation(), new ConformanceRun.Listener() {});
    }
}
