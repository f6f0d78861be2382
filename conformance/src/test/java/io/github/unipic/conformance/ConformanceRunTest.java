package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.Cancellation;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.UniPicException;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ConformanceReport;
import io.github.unipic.export.Precision;
import io.github.unipic.model.GraphName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs of the kit on the small checkpoint, on the CPU provider. */
class ConformanceRunTest {

    @Test
    void theSmallCheckpointPassesAndEveryGraphAndAreaIsThere() {
        ConformanceReport report = run(new Source.Embedded(Precision.FP32), Suite.FULL, new Cancellation());
        assertThat(report.failures()).isEmpty();
        assertThat(report.skipped()).isEmpty();
        assertThat(report.checks())
                .extracting(Check::area)
                .contains(
                        Area.PREPROCESSING,
                        Area.STAGE,
                        Area.LOOP,
                        Area.UNDERSTANDING,
                        Area.DETERMINISM,
                        Area.CONCURRENCY);
        assertThat(report.checks()).extracting(Check::name).doesNotHaveDuplicates();
        for (GraphName graph : GraphName.values()) {
            assertThat(report.checks()).anyMatch(check -> check.subject().equals(graph.label()));
            assertThat(report.placements())
                    .filteredOn(placement -> placement.graph().equals(graph.label()))
                    .singleElement()
                    .satisfies(placement -> {
                        assertThat(placement.shares()).singleElement().satisfies(share -> {
                            assertThat(share.provider()).isEqualTo("CPUExecutionProvider");
                            assertThat(share.nodes()).isPositive();
                        });
                        assertThat(placement.fallbacks()).isEmpty();
                    });
            assertThat(report.timings()).anyMatch(timing -> timing.graph().equals(graph.label()));
        }
        assertThat(report.pictures()).hasSize(4 + 2 + 4);
        assertThat(report.subject().reference()).startsWith("PyTorch");
        assertThat(report.environment().labels()).containsEntry("driver", "none");
        assertThat(report.environment().processor()).isNotBlank();
    }

    @Test
    void whatTheCpuRecordsItRepeats(@TempDir Path folder) {
        Path reference = folder.resolve("reference.safetensors");
        List<Integer> progress = new ArrayList<>();
        new Recording(TinyModel.model(), Suite.SMOKE, OptionalLong.of(7), new Cancellation(), (done, all) -> {
                    assertThat(done).isLessThanOrEqualTo(all);
                    progress.add(done);
                })
                .writeTo(reference);
        assertThat(progress).isSorted().doesNotHaveDuplicates().hasSizeGreaterThan(10);
        ConformanceReport report =
                run(new Source.Model(TinyModel.model(), Optional.of(reference)), Suite.SMOKE, new Cancellation());
        assertThat(report.failures()).isEmpty();
        assertThat(report.subject().reference()).startsWith("ONNX Runtime");
    }

    @Test
    void casesThatAReferenceLacksAreSkippedNotPassed(@TempDir Path folder) {
        Path reference = folder.resolve("reference.safetensors");
        new Recording(TinyModel.model(), Suite.SMOKE, OptionalLong.empty(), new Cancellation(), (done, all) -> {})
                .writeTo(reference);
        ConformanceReport report =
                run(new Source.Model(TinyModel.model(), Optional.of(reference)), Suite.FULL, new Cancellation());
        assertThat(report.skipped()).anyMatch(line -> line.startsWith("stage/decoder_step/past_4200/hidden"));
        assertThat(report.checks())
                .noneMatch(check -> check.area() == Area.STAGE
                        && check.scenario().equals("past_4200")
                        && check.tensor().equals("hidden"));
    }

    @Test
    void aProviderThatIsNotThereIsNoVerdict() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> new ConformanceRun(
                                new Source.Embedded(Precision.FP32),
                                ExecutionProvider.of("no-such-provider"),
                                Suite.SMOKE,
                                true,
                                Optional.empty(),
                                Map.of(),
                                new Cancellation(),
                                new ConformanceRun.Listener() {})
                        .run())
                .withMessageContaining("no-such-provider");
    }

    @Test
    void aCancelledRunOrRecordingLeavesNothing(@TempDir Path folder) throws IOException {
        Cancellation cancelled = new Cancellation();
        cancelled.cancel();
        assertThatExceptionOfType(UniPicException.class)
                .isThrownBy(() -> run(new Source.Embedded(Precision.FP32), Suite.SMOKE, cancelled));
        assertThatExceptionOfType(UniPicException.class)
                .isThrownBy(() -> new Recording(
                                TinyModel.model(), Suite.SMOKE, OptionalLong.empty(), cancelled, (done, all) -> {})
                        .writeTo(folder.resolve("reference.safetensors")));
        assertThat(folder).isEmptyDirectory();
    }

    private static ConformanceReport run(Source source, Suite suite, Cancellation cancellation) {
        return new ConformanceRun(
                        source,
                        ExecutionProvider.CPU,
                        suite,
                        false,
                        Optional.empty(),
                        Map.of("driver", "none"),
                        cancellation,
                        new ConformanceRun.Listener() {})
                .run();
    }
}
