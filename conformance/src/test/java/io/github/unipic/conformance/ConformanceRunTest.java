package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.Cancellation;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.UniPicException;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.golden.GoldenReplay;
import io.github.unipic.conformance.reference.ReferenceFile;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ConformanceReport;
import io.github.unipic.export.Flavor;
import io.github.unipic.export.Precision;
import io.github.unipic.export.Precisions;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs of the kit on the small checkpoint, on the CPU provider. */
class ConformanceRunTest {
    /** Exported once for these tests. */
    @TempDir
    private static Path kept;

    private static Source embedded() {
        return new Source.Embedded(Precisions.of(Precision.FP32), Flavor.PORTABLE, Optional.of(kept));
    }

    /** MeaningChecksTest has the trained model in this flavor. */
    @Test
    void theFusedFlavorPassesToo(@TempDir Path folder) {
        Path model = folder.resolve("model");
        SmallCheckpoint.export(SmallCheckpoint.folder(), model, Flavor.FUSED);
        requirePasses(model, SmallModel.options());
    }

    /** As large models run. */
    @Test
    void twoThreadsPassToo() {
        requirePasses(
                SmallModel.folder(),
                new RuntimeOptions(OptionalInt.of(2), ExecutionProvider.CPU, Optional.empty(), Memory.DEFAULTS));
    }

    private static void requirePasses(Path model, RuntimeOptions options) {
        Results results = new Results();
        try (Engine engine = Engine.open(ModelFolder.open(model, false), options)) {
            SmokeRun.replay(engine, GoldenReplay.files(SmallCheckpoint.golden()), results);
            SmokeRun.compare(engine, SmallCheckpoint.reference(), Suite.FULL, one -> true, results);
        }
        assertThat(results.checks()).allMatch(Check::passed);
        assertThat(results.checks()).extracting(Check::area).contains(Area.GRAPH, Area.LOOP, Area.UNDERSTANDING);
    }

    @Test
    void theBuiltInCheckpointPassesFusedInFourBits() {
        Source source = new Source.Embedded(Precisions.of(Precision.INT4), Flavor.FUSED);
        ConformanceReport report = run(source, Suite.SMOKE, new Cancellation());
        assertThat(report.failures()).isEmpty();
        assertThat(report.subject().precision()).isEqualTo("int4");
        assertThat(report.checks())
                .extracting(Check::area)
                .contains(Area.GRAPH, Area.LOOP, Area.UNDERSTANDING, Area.DETERMINISM, Area.CONCURRENCY);
    }

    @Test
    void theSmallCheckpointPassesAndEveryGraphAndAreaIsThere() {
        ConformanceReport report = run(embedded(), Suite.FULL, new Cancellation());
        assertThat(report.failures()).isEmpty();
        assertThat(report.skipped()).isEmpty();
        assertThat(report.checks())
                .extracting(Check::area)
                .contains(
                        Area.PREPROCESSING,
                        Area.GRAPH,
                        Area.LOOP,
                        Area.UNDERSTANDING,
                        Area.DETERMINISM,
                        Area.CONCURRENCY,
                        Area.MEANING);
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
        assertThat(report.checks())
                .filteredOn(check -> check.metric().equals("share wrong"))
                .extracting(Check::subject)
                .containsExactly("generate", "describe by siglip", "describe by mar", "edit");
        assertThat(report.images()).hasSize(4 + 2 + 4);
        assertThat(report.meaning()).hasSize(30 + 2 * 24 + 24);
        assertThat(report.subject().reference()).startsWith("PyTorch");
        assertThat(report.environment().labels()).containsEntry("driver", "none");
        assertThat(report.environment().processor()).isNotBlank();
    }

    /** A task of the trained model, whose share is judged, and none of the others. */
    @Test
    void aTaskOfTheTrainedModelRunsAlone() {
        String task = "meaning/generate/a small green cross at the bottom, on a brown background";
        ConformanceReport report = run(embedded(), Suite.FULL, new Selection(List.of(task)), new Cancellation());
        assertThat(report.checks())
                .extracting(Check::name)
                .containsExactly(
                        task + "/image (wrong attributes)", "meaning/generate/prompts/attributes (share wrong)");
        assertThat(report.failures()).isEmpty();
    }

    @Test
    void whatTheCpuRecordsItRepeats(@TempDir Path folder) {
        Path reference = folder.resolve("reference.safetensors");
        List<Integer> progress = new ArrayList<>();
        new Recording(SmallModel.folder(), Suite.SMOKE, OptionalLong.of(7), new Cancellation(), (done, all) -> {
                    assertThat(done).isLessThanOrEqualTo(all);
                    progress.add(done);
                })
                .writeTo(reference);
        assertThat(progress).isSorted().doesNotHaveDuplicates().hasSizeGreaterThan(10);
        ConformanceReport report =
                run(new Source.Model(SmallModel.folder(), Optional.of(reference)), Suite.SMOKE, new Cancellation());
        assertThat(report.failures()).isEmpty();
        assertThat(report.subject().reference()).startsWith("ONNX Runtime").endsWith("(float32)");
        assertThat(report.subject().seed()).hasValue(7);
        assertThat(report.subject().referenceDigest()).get().asString().hasSize(64);
    }

    @Test
    void aReferenceOfASmallerSuiteIsNoVerdict() {
        Path reference = SmallCheckpoint.recording();
        assertThatExceptionOfType(ConformanceException.class)
                .isThrownBy(() -> run(
                        new Source.Model(SmallModel.folder(), Optional.of(reference)), Suite.FULL, new Cancellation()))
                .withMessageContainingAll(reference.toString(), "record it with --suite full");
    }

    /** Whatever else is wrong is told before the whole model is read. */
    @Test
    void theReferenceIsLookedAtFirst(@TempDir Path folder) {
        List<String> phases = new ArrayList<>();
        ConformanceRun.Listener listener = new ConformanceRun.Listener() {
            @Override
            public void onPhase(String phase) {
                phases.add(phase);
            }
        };
        Path missing = folder.resolve("none.safetensors");
        for (ExecutionProvider provider : List.of(ExecutionProvider.CPU, ExecutionProvider.of("no-such-provider"))) {
            assertThatExceptionOfType(UniPicException.class)
                    .isThrownBy(() -> new ConformanceRun(
                                    new Source.Model(SmallModel.folder(), Optional.of(missing)),
                                    provider,
                                    Suite.SMOKE,
                                    false,
                                    Optional.empty(),
                                    Map.of(),
                                    Optional.empty(),
                                    new Cancellation(),
                                    listener)
                            .run());
        }
        assertThat(phases).isEmpty();
    }

    @Test
    void labelsAreSortedAndFew() {
        assertThat(labeled(Map.of("c", "3", "a", "1", "b", "2", "d", "4"))
                        .labels()
                        .keySet())
                .containsExactly("a", "b", "c", "d");
        Map<String, String> many = new HashMap<>();
        for (int i = 0; i < 33; i++) {
            many.put("label" + i, "");
        }
        for (Map<String, String> refused : List.of(many, Map.of("driver", "x".repeat(251)), Map.of(" ", "x"))) {
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> labeled(refused))
                    .withMessageContaining("label");
        }
        assertThat(labeled(Map.of("driver", "x".repeat(250))).labels()).hasSize(1);
    }

    private static ConformanceRun labeled(Map<String, String> labels) {
        return new ConformanceRun(
                new Source.Embedded(Precision.FP32),
                ExecutionProvider.CPU,
                Suite.SMOKE,
                false,
                Optional.empty(),
                labels,
                Optional.empty(),
                new Cancellation(),
                new ConformanceRun.Listener() {});
    }

    @Test
    void aRecordingNeedsAFolderBeforeItReadsTheModel(@TempDir Path folder) {
        Path file = folder.resolve("none").resolve("reference.safetensors");
        for (Path impossible : List.of(file, folder)) {
            assertThatExceptionOfType(ConformanceException.class)
                    .isThrownBy(() -> new Recording(
                                    folder.resolve("no-model"),
                                    Suite.SMOKE,
                                    OptionalLong.empty(),
                                    new Cancellation(),
                                    (done, all) -> {})
                            .writeTo(impossible))
                    .withMessageContaining(impossible + ": ")
                    .withMessageNotContaining(".tmp");
        }
    }

    @Test
    void aRecordingReplacesOnlyAReference(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("reference.safetensors");
        Recording recording = new Recording(
                SmallModel.folder(), Suite.SMOKE, OptionalLong.empty(), new Cancellation(), (done, all) -> {});
        byte[] weights =
                Files.readAllBytes(GoldenReplay.files(SmallCheckpoint.golden()).get(0));
        for (byte[] foreign : List.of("my notes".getBytes(StandardCharsets.UTF_8), weights)) {
            Files.write(file, foreign);
            assertThatExceptionOfType(ConformanceException.class)
                    .isThrownBy(() -> recording.writeTo(file))
                    .withMessageContaining(file + " exists and is not a reference file");
            assertThat(file).hasBinaryContent(foreign);
        }
        Files.write(file, new byte[0]);
        recording.writeTo(file);
        ReferenceFile.requireReference(file);
        assertThat(folder).isDirectoryNotContaining("glob:**/.*");
    }

    @Test
    void aProviderThatIsNotThereIsNoVerdict() {
        List<String> phases = new ArrayList<>();
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> new ConformanceRun(
                                new Source.Embedded(Precision.FP32),
                                ExecutionProvider.of("no-such-provider"),
                                Suite.SMOKE,
                                true,
                                Optional.empty(),
                                Map.of(),
                                Optional.empty(),
                                new Cancellation(),
                                new ConformanceRun.Listener() {
                                    @Override
                                    public void onPhase(String phase) {
                                        phases.add(phase);
                                    }
                                })
                        .run())
                .withMessageContaining("no-such-provider");
        assertThat(phases).as("not even an export").isEmpty();
    }

    @Test
    void aCancelledRunOrRecordingLeavesNothing(@TempDir Path folder) throws IOException {
        Cancellation cancelled = new Cancellation();
        cancelled.cancel();
        assertThatExceptionOfType(UniPicException.class)
                .isThrownBy(() -> run(new Source.Embedded(Precision.FP32), Suite.SMOKE, cancelled));
        assertThatExceptionOfType(UniPicException.class)
                .isThrownBy(() -> new Recording(
                                SmallModel.folder(), Suite.SMOKE, OptionalLong.empty(), cancelled, (done, all) -> {})
                        .writeTo(folder.resolve("reference.safetensors")));
        assertThat(folder).isEmptyDirectory();
    }

    private static ConformanceReport run(Source source, Suite suite, Cancellation cancellation) {
        return run(source, suite, Selection.ALL, cancellation);
    }

    private static ConformanceReport run(Source source, Suite suite, Selection selection, Cancellation cancellation) {
        return new ConformanceRun(
                        source,
                        ExecutionProvider.CPU,
                        suite,
                        selection,
                        false,
                        Optional.empty(),
                        Map.of("driver", "none"),
                        Optional.empty(),
                        Optional.empty(),
                        cancellation,
                        new ConformanceRun.Listener() {})
                .run();
    }
}
