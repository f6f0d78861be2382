package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ConformanceReport;
import io.github.unipic.testing.SmallModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A run that records its own reference: its last report, and those before. */
class OwnReferenceTest {
    private static final List<ConformanceReport> INTERIMS = new ArrayList<>();

    private static ConformanceReport report;

    @BeforeAll
    static void run() {
        report = new ConformanceRun(
                        new Source.Model(SmallModel.folder(), Optional.empty()),
                        ExecutionProvider.CPU,
                        Suite.SMOKE,
                        new Selection(List.of("text_head", "requests")),
                        false,
                        Optional.empty(),
                        Map.of(),
                        Optional.empty(),
                        Optional.empty(),
                        new Cancellation(),
                        new ConformanceRun.Listener() {
                            @Override
                            public void onInterim(ConformanceReport interim) {
                                INTERIMS.add(interim);
                            }
                        })
                .run();
    }

    @Test
    void theReferenceIsCalledTheRunsOwn() {
        assertThat(report.failures()).isEmpty();
        assertThat(report.subject().reference())
                .startsWith("ONNX Runtime")
                .endsWith(", recorded in this run by the runtime under test");
    }

    @Test
    void beforeEachPartAReportSaysThatTheRunDidNotFinish() {
        assertThat(report.passed()).isTrue();
        assertThat(INTERIMS).hasSize(3).noneMatch(ConformanceReport::passed);
        assertThat(INTERIMS.get(0).checks())
                .singleElement()
                .satisfies(check -> assertThat(check.note()).get().asString().contains("did not finish"));
        assertThat(INTERIMS.get(1).failures())
                .extracting(Check::name)
                .containsExactly("placement/process/process/run (completed)");
    }
}
