package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.conformance.FaultyChild.Fault;
import io.github.unipic.conformance.checks.Job;
import io.github.unipic.conformance.golden.GoldenReplay;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.CaseName;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ConformanceReport;
import io.github.unipic.conformance.report.LostProcess;
import io.github.unipic.conformance.report.ReportFolder;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A provider may do what it likes: the run ends with a complete verdict that names the case. */
@Timeout(300)
class IsolationTest {
    private static final List<String> FILES = List.of("text", "token_sampler_10", "vision_encoder");
    private static final String FAULTY = "stage/token_sampler_10/token_sampler_10";
    private static final String RUN = "/run (completed)";
    private static final Duration LONG = Duration.ofSeconds(100);
    private static final long MEMORY = 1_500_000_000;

    @TempDir
    private static Path goldens;

    private final List<String> output = new ArrayList<>();
    private final List<String> phases = new ArrayList<>();

    @BeforeAll
    static void copy() throws IOException {
        for (String name : FILES) {
            Path file = Path.of(name + ".safetensors");
            Files.copy(SmallCheckpoint.golden().resolve(file), goldens.resolve(file));
        }
    }

    @Test
    void aRunInAChildIsTheSameAsOneHere() {
        ConformanceReport isolated = run(model(), LONG, Map.of());
        ConformanceReport here = SmokeRun.report(model());
        assertThat(isolated.passed()).isTrue();
        assertThat(isolated.checks()).isEqualTo(here.checks());
        assertThat(isolated.images().get(0).actual().rgb())
                .isEqualTo(here.images().get(0).actual().rgb());
        assertThat(isolated.timings()).hasSameSizeAs(here.timings());
        assertThat(isolated.placements()).hasSameSizeAs(here.placements());
        assertThat(isolated.environment()).isEqualTo(here.environment());
        assertThat(isolated.subject()).isEqualTo(here.subject());
        assertThat(isolated.processes().orElseThrow().count()).isEqualTo(1);
        assertThat(isolated.processes().orElseThrow().lost()).isEmpty();
        assertThat(here.processes()).isEmpty();
    }

    @Test
    void aCrashFailsItsCaseAndTheOthersRun(@TempDir Path folder) throws IOException {
        ConformanceReport report = run(Fault.CRASH);
        LostProcess lost = requireLost(report);
        assertThat(lost.reason()).contains("crashed", "exit code 134, SIGABRT", "SIGSEGV");
        assertThat(lost.exitCode()).hasValue(134);
        assertThat(lost.crashHead()).contains("SIGSEGV", "Problematic frame");
        assertThat(lost.output()).endsWith("the driver's last words");
        assertThat(output).contains("the driver's last words");

        ReportFolder.write(report, folder);
        assertThat(folder.resolve("crashes/crash-1.log")).content().contains("SIGSEGV", "Current thread");
        assertThat(Files.readString(folder.resolve("report.html")))
                .contains("Lost processes", "crashes/crash-1.log", "the driver&#39;s last words");
        // The next report replaces this one, crash file included.
        ReportFolder.write(SmokeRun.report(model()), folder);
        assertThat(folder.resolve("crashes")).doesNotExist();
    }

    @Test
    void aHangFailsItsCaseAndSaysWhereItIs() {
        LostProcess lost = requireLost(run(goldens(), Duration.ofSeconds(8), Map.of(FAULTY, Fault.HANG)));
        assertThat(lost.reason()).isEqualTo("the process was ended after 8 s, the limit for a case");
        assertThat(lost.exitCode()).isEmpty();
        assertThat(lost.output()).contains("The work is at:", "FaultyChild.commit");
    }

    @Test
    void anExitFailsItsCase() {
        assertThat(requireLost(run(Fault.EXIT)).reason())
                .isEqualTo("the process exited (exit code 0) before its work was done");
    }

    @Test
    void aLeakFailsItsCase() {
        assertThat(requireLost(run(Fault.LEAK)).reason()).contains("of memory, more than the limit of 1.5 GB");
    }

    @Test
    void anErrorOfJavaOutsideACaseFailsItsPart() {
        String part = "stage/process/golden files";
        ConformanceReport report = run(goldens(), LONG, Map.of(part, Fault.ERROR));
        LostProcess lost = report.processes().orElseThrow().lost().get(0);
        assertThat(lost.lastCase()).isEqualTo(part);
        assertThat(lost.reason()).contains("exit code 1");
        assertThat(lost.output()).contains("java.lang.OutOfMemoryError: Java heap space");
    }

    @Test
    void damagedResultsFailTheirCase() {
        assertThat(requireLost(run(Fault.DAMAGE)).reason()).contains("damaged results");
    }

    @Test
    void whatAProviderPrintsIsNoMessage() {
        ConformanceReport report = run(Fault.NOISE);
        assertThat(report.passed()).isTrue();
        assertThat(report.checks()).hasSize(7);
        assertThat(output).anyMatch(line -> line.startsWith(FaultyChild.NOISE + "<U+001B>"));
    }

    @Test
    void aCrashAtTheEndFails() {
        ConformanceReport report = run(Fault.CRASH_AT_EXIT);
        assertThat(report.failures()).extracting(Check::name).containsExactly("stage/process/end of process 1" + RUN);
        assertThat(report.checks()).hasSize(8);
        assertThat(report.processes().orElseThrow().count()).isEqualTo(1);
    }

    @Test
    void aPartThatCannotBeOpenedFailsWithAllItsCases() {
        String part = "stage/process/golden files";
        ConformanceReport report = run(goldens(), LONG, Map.of(part, Fault.CRASH));
        assertThat(report.checks())
                .extracting(Check::name)
                .containsExactly(
                        part + RUN, "stage/text/text" + RUN, FAULTY + RUN, "stage/vision_encoder/vision_encoder" + RUN);
        assertThat(report.checks().get(3).note().orElseThrow()).contains("not run", part);
        assertThat(report.processes().orElseThrow().count()).isEqualTo(1);
    }

    /** Each case loses a process: the third is the last that is tried. */
    @Test
    void aGraphThatAlwaysCrashesIsGivenUpAndTheOthersRun() {
        List<String> names = cases(Suite.SMOKE).stream()
                .map(CaseName::toString)
                .filter(name -> name.startsWith("stage/decoder_step/"))
                .toList();
        assertThat(names).hasSizeGreaterThan(3);
        Map<String, Fault> faults = new TreeMap<>();
        names.forEach(name -> faults.put(name, Fault.EXIT));
        ConformanceReport report =
                run(model(), new Selection(List.of("decoder_step", "vision_encoder", "concurrency")), LONG, faults);
        assertThat(report.processes().orElseThrow().lost())
                .extracting(LostProcess::lastCase)
                .containsExactlyElementsOf(names.subList(0, 3));
        assertThat(report.failures())
                .extracting(Check::name)
                .containsExactlyInAnyOrderElementsOf(
                        names.stream().map(name -> name + RUN).toList());
        assertThat(report.checks())
                .filteredOn(Check::passed)
                .as("the other cases of its part, and the parts after it")
                .extracting(check -> check.area() + " " + check.subject())
                .contains(Area.GRAPH + " vision_encoder", Area.CONCURRENCY + " requests");
    }

    @Test
    void aProcessThatDoesNotStartIsNoVerdict() {
        Isolation isolation =
                new Isolation(LONG, MEMORY, Optional.empty(), Map.of(), List.of("-XX:NoSuchOptionOfJava"));
        assertThatExceptionOfType(ConformanceException.class)
                .isThrownBy(() -> run(goldens(), ExecutionProvider.CPU, Selection.ALL, isolation))
                .withMessageContainingAll("cannot be started", "NoSuchOptionOfJava", "--no-isolation");
    }

    @Test
    void aProviderThatIsNotThereIsNoVerdict() {
        assertThatExceptionOfType(ConformanceException.class)
                .isThrownBy(() -> run(
                        model(), ExecutionProvider.of("no-such-provider"), Selection.ALL, isolation(LONG, Map.of())))
                .withMessageContaining("no-such-provider");
        assertThat(phases).isEmpty();
    }

    @Test
    void aReferenceIsRecordedInAProcessToo() {
        ConformanceReport report = run(
                new Source.Model(SmallModel.folder(), Optional.empty()),
                new Selection(List.of("decoder_step")),
                LONG,
                Map.of());
        assertThat(report.passed()).isTrue();
        assertThat(report.checks()).extracting(Check::area).contains(Area.GRAPH);
        assertThat(report.subject().reference()).endsWith("recorded in this run by the runtime under test");
    }

    @Test
    void aCancelledRunLeavesNoProcess() {
        Cancellation cancellation = new Cancellation();
        ConformanceRun run = with(
                goldens(),
                ExecutionProvider.CPU,
                Selection.ALL,
                isolation(LONG, Map.of(FAULTY, Fault.NOISE_AND_HANG)),
                cancellation,
                new ConformanceRun.Listener() {
                    @Override
                    public void onOutput(String line) {
                        cancellation.cancel();
                    }
                });
        assertThatExceptionOfType(CancelledException.class).isThrownBy(() -> run.run(FaultyChild.class));
        assertThat(ProcessHandle.current().children())
                .allSatisfy(child -> assertThat(child.onExit()).succeedsWithin(Duration.ofSeconds(60)));
    }

    @Test
    void everyCaseHasItsOwnName() {
        assertThat(cases(Suite.FULL)).doesNotHaveDuplicates().hasSizeGreaterThan(60 + 30 + 2 * 24 + 24);
    }

    private static Source goldens() {
        return new Source.Goldens(SmallCheckpoint.folder(), goldens);
    }

    private static Source model() {
        return new Source.Model(SmallModel.folder(), Optional.of(SmallCheckpoint.recording()));
    }

    private static List<CaseName> cases(Suite suite) {
        Job job = new Job(
                SmallModel.folder(),
                SmallCheckpoint.folder(),
                GoldenReplay.files(SmallCheckpoint.golden()),
                Optional.of(SmallCheckpoint.reference()),
                Optional.of(SmallModel.folder()),
                ExecutionProvider.CPU,
                suite,
                Selection.ALL,
                false,
                Optional.empty(),
                goldens,
                Optional.empty());
        return job.parts().stream().flatMap(part -> part.cases().stream()).toList();
    }

    private static Isolation isolation(Duration limit, Map<String, Fault> faults) {
        return new Isolation(limit, MEMORY, Optional.empty(), Map.of(), List.of(FaultyChild.option(faults)));
    }

    private ConformanceReport run(Fault fault) {
        return run(goldens(), LONG, Map.of(FAULTY, fault));
    }

    private ConformanceReport run(Source source, Duration limit, Map<String, Fault> faults) {
        return run(source, Selection.ALL, limit, faults);
    }

    private ConformanceReport run(Source source, Selection selection, Duration limit, Map<String, Fault> faults) {
        return run(source, ExecutionProvider.CPU, selection, isolation(limit, faults));
    }

    private ConformanceReport run(Source source, ExecutionProvider provider, Selection selection, Isolation isolation) {
        return with(source, provider, selection, isolation, new Cancellation(), new ConformanceRun.Listener() {
                    @Override
                    public void onOutput(String line) {
                        output.add(line);
                    }

                    @Override
                    public void onPhase(String phase) {
                        phases.add(phase);
                    }
                })
                .run(FaultyChild.class);
    }

    private static ConformanceRun with(
            Source source,
            ExecutionProvider provider,
            Selection selection,
            Isolation isolation,
            Cancellation cancellation,
            ConformanceRun.Listener listener) {
        return new ConformanceRun(
                source,
                provider,
                Suite.SMOKE,
                selection,
                false,
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Optional.of(isolation),
                cancellation,
                listener);
    }

    /** One process was lost in the faulty case, which alone has failed; the other files were compared. */
    private static LostProcess requireLost(ConformanceReport report) {
        assertThat(report.failures()).singleElement().satisfies(check -> {
            assertThat(check.name()).isEqualTo(FAULTY + RUN);
            assertThat(check.note())
                    .hasValue(report.processes().orElseThrow().lost().get(0).reason());
        });
        assertThat(report.checks())
                .filteredOn(Check::passed)
                .extracting(Check::scenario)
                .contains("text", "vision_encoder");
        assertThat(report.processes().orElseThrow().count()).isEqualTo(2);
        LostProcess lost = report.processes().orElseThrow().lost().get(0);
        assertThat(lost.lastCase()).isEqualTo(FAULTY);
        return lost;
    }
}
