package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.compare.Tolerances;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ConformanceReport;
import io.github.unipic.export.Flavor;
import io.github.unipic.export.Precision;
import io.github.unipic.export.Precisions;
import io.github.unipic.runtime.Engine;
import io.github.unipic.testing.Folders;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** PyTorch's tensors for the small checkpoint, replayed on the exported graphs on the CPU provider. */
class GoldenReplayTest {
    private static final Source GOLDENS = new Source.Goldens(SmallCheckpoint.folder(), SmallCheckpoint.golden());
    private static final Map<Precisions, Results> RESULTS = new HashMap<>();
    private static final Set<String> GRAPHS = Set.of(
            "pixel_encoder",
            "pixel_decoder",
            "vision_encoder",
            "text",
            "token_sampler_10",
            "token_sampler_100",
            "generation_step_native",
            "generation_step_resized");
    private static final Set<String> TASKS = Set.of(
            "t2i_native",
            "t2i_wide_linear",
            "t2i_unguided",
            "t2i_100_steps",
            "edit_astronaut",
            "edit_chelsea",
            "understand_astronaut_mar",
            "understand_astronaut_siglip2",
            "understand_chelsea_mar",
            "understand_chelsea_siglip2",
            "preprocess");

    @TestFactory
    Stream<DynamicTest> float32() {
        ConformanceReport report = SmokeRun.report(GOLDENS);
        return Stream.concat(
                Stream.of(DynamicTest.dynamicTest(
                        "every file is compared",
                        () -> assertThat(files(report.checks()))
                                .containsAll(GRAPHS)
                                .containsAll(TASKS))),
                report.checks().stream().map(check -> test("", check)));
    }

    @TestFactory
    Stream<DynamicTest> graphsInOtherPrecisions() {
        return Stream.concat(Stream.of(Precisions.of(Precision.FP16)), coarse()).flatMap(precisions -> {
            List<Check> checks = results(precisions).checks();
            assertThat(files(checks)).containsAll(GRAPHS);
            String name = precisions.folder().option() + " x" + precisions.blockSize() + ": ";
            return checks.stream()
                    .filter(comparison -> GRAPHS.contains(comparison.scenario()))
                    .map(comparison -> test(name, comparison));
        });
    }

    static Stream<Precisions> coarse() {
        return Stream.concat(
                Stream.of(Precision.BF16, Precision.INT8, Precision.INT4).map(Precisions::of),
                Stream.of(32, 128).map(size -> new Precisions(Precision.INT4, Map.of(), size)));
    }

    /** Golden files of the graphs and of an answer, and the reference's image and answer; made once for all tests. */
    private static Results results(Precisions precisions) {
        return RESULTS.computeIfAbsent(precisions, once -> {
            List<Path> goldens = Stream.concat(GRAPHS.stream(), Stream.of("understand_chelsea"))
                    .map(GoldenReplayTest::golden)
                    .toList();
            Results results = new Results();
            try (Engine engine = SmokeRun.open(SmallCheckpoint.model(once))) {
                SmokeRun.replay(engine, goldens, results);
                SmokeRun.compare(
                        engine, SmallCheckpoint.reference(), Suite.SMOKE, one -> one.area() != Area.GRAPH, results);
            }
            return results;
        });
    }

    private static Path golden(String name) {
        return SmallCheckpoint.golden().resolve(name + ".safetensors");
    }

    @ParameterizedTest
    @MethodSource("coarse")
    void quantizedImagesAndAnswersAreClose(Precisions precisions) {
        List<Check> tasks = results(precisions).checks().stream()
                .filter(check -> check.area() == Area.LOOP || check.area() == Area.UNDERSTANDING)
                .filter(check -> !TASKS.contains(check.scenario()))
                .toList();
        assertThat(tasks).extracting(Check::area).contains(Area.LOOP, Area.UNDERSTANDING);
        assertThat(tasks).allMatch(Check::passed);
    }

    /** In an int4 folder only the language model has four bits. */
    @Test
    void aGraphIsJudgedByItsOwnPrecision() {
        for (String graph : List.of("mar_decoder", "pixel_decoder")) {
            assertThat(results(Precisions.of(Precision.INT4)).checks())
                    .filteredOn(check ->
                            GRAPHS.contains(check.scenario()) && check.subject().equals(graph))
                    .isNotEmpty()
                    .allMatch(check -> check.limit() < Tolerances.of("int4").graph(graph));
        }
    }

    /** The recorded answers have no margins: only the reference's can tell which words were nearly as likely. */
    @Test
    void recordedAnswersJudgeFloat32Only() {
        String answer = "understanding/understand/understand_chelsea_mar/mar.output_ids (differing values)";
        assertThat(SmokeRun.report(GOLDENS).checks()).extracting(Check::name).contains(answer);
        for (Precision precision : List.of(Precision.FP16, Precision.BF16)) {
            Results results = results(Precisions.of(precision));
            assertThat(results.checks()).extracting(Check::name).doesNotContain(answer);
            assertThat(results.skipped())
                    .contains(
                            "understand_chelsea_mar/mar.output_ids: no margins to judge " + precision.option() + " by")
                    .noneMatch(line -> line.contains("not a golden file"));
        }
    }

    @Test
    void everyStepOfEveryLoopIsCompared() {
        ConformanceReport report = SmokeRun.report(GOLDENS);
        assertThat(report.checks())
                .filteredOn(comparison -> comparison.tensor().matches("step\\d+\\.(visible|predicted|z_cond|tokens)"))
                .hasSize(4 * (4 + 5 + 6 + 3));
    }

    @Test
    void oneWrongWeightFails(@TempDir Path folder) throws IOException {
        Path checkpoint = Folders.copy(SmallCheckpoint.folder(), folder.resolve("checkpoint"));
        Path weights = checkpoint.resolve("pytorch_model.bin");
        try (RandomAccessFile file = new RandomAccessFile(weights.toFile(), "rw")) {
            // Some float in the middle of the tensors gets another exponent.
            byte[] all = Files.readAllBytes(weights);
            int at = indexOf(all, "data/100") + 4096;
            file.seek(at - at % 4 + 3);
            int high = file.read();
            file.seek(at - at % 4 + 3);
            file.write(high ^ 0x40);
        }
        Path model = folder.resolve("model");
        SmallCheckpoint.export(checkpoint, model, Flavor.PORTABLE);
        List<Check> checks;
        try (Engine engine = SmokeRun.open(model)) {
            checks = SmokeRun.replay(
                            engine,
                            GRAPHS.stream().map(GoldenReplayTest::golden).toList())
                    .checks();
        }
        assertThat(checks).anyMatch(Check::passed).anyMatch(comparison -> !comparison.passed());
    }

    @Test
    void nothingComparedIsNoPass(@TempDir Path golden) throws IOException {
        Files.copy(SmallCheckpoint.golden().resolve("text.safetensors"), golden.resolve("something_else.safetensors"));
        ConformanceReport report = replay(SmallCheckpoint.folder(), golden);
        assertThat(report.checks()).isEmpty();
        assertThat(report.skipped()).singleElement().asString().startsWith("something_else");
        assertThat(report.passed()).isFalse();
    }

    @Test
    void badGoldenFoldersAreNamed(@TempDir Path folder) throws IOException {
        Path none = folder.resolve("none");
        assertThatExceptionOfType(ConformanceException.class)
                .isThrownBy(() -> replay(SmallCheckpoint.folder(), none))
                .withMessageContaining(none.toString());
        assertThatExceptionOfType(ConformanceException.class)
                .isThrownBy(() -> replay(SmallCheckpoint.folder(), folder))
                .withMessageContaining("nothing to compare");
        Files.write(folder.resolve("text.safetensors"), new byte[] {1, 2, 3});
        assertThatExceptionOfType(ConformanceException.class)
                .isThrownBy(() -> replay(SmallCheckpoint.folder(), folder))
                .withMessageContaining("text.safetensors")
                .withMessageNotContaining("\n");
    }

    private static ConformanceReport replay(Path checkpoint, Path golden) {
        return run(new Source.Goldens(checkpoint, golden), new Cancellation());
    }

    private static ConformanceReport run(Source source, Cancellation cancellation) {
        return SmokeRun.of(source, cancellation, new ConformanceRun.Listener() {})
                .run();
    }

    @Test
    void aCancelledReplayLeavesNothing() {
        Cancellation cancellation = new Cancellation();
        cancellation.cancel();
        assertThatExceptionOfType(CancelledException.class)
                .isThrownBy(() -> run(new Source.Embedded(Precision.FP32), cancellation));
    }

    private static DynamicTest test(String prefix, Check comparison) {
        String name = prefix + comparison.scenario() + "/" + comparison.tensor() + ", " + comparison.metric();
        return DynamicTest.dynamicTest(
                name, () -> assertThat(comparison.value()).as(name).isLessThanOrEqualTo(comparison.limit()));
    }

    private static Set<String> files(List<Check> checks) {
        return checks.stream().map(Check::scenario).collect(Collectors.toSet());
    }

    private static int indexOf(byte[] bytes, String text) {
        return new String(bytes, StandardCharsets.ISO_8859_1).indexOf(text);
    }

    @Test
    void notANumberFails() {
        Check check = new Check(Area.GRAPH, "g", "s", "t", "m", Double.NaN, 1, Optional.empty(), Optional.empty());
        assertThat(check.passed()).isFalse();
    }
}
