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
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A provider may do what it likes: the run ends with a complete verdict that names the case. */
@Timeout(300)
class IsolationTest {
    private static final List<String> FILES = List.of("text", "token_sampler_10", "vision_encoder");
    private static final String VISION = "stage/vision_encoder/one";
    private static final String PART = "stage/process/golden files";
    private static final String RUN = "/run (completed)";
    private static final Duration LONG = Duration.ofSeconds(100);
    private static final long MEMORY = 1_000_000_000;

    @TempDir
    private static Path goldens;

    private static Losses losses;

    private final Notifications notifications = new Notifications();

    /** What a run's listener was notified of. */
    private record Notifications(List<String> output, List<String> phases) implements ConformanceRun.Listener {
        Notifications() {
            this(new ArrayList<>(), new ArrayList<>());
        }

        @Override
        public void onOutput(String line) {
            output.add(line);
        }

        @Override
        public void onPhase(String phase) {
            phases.add(phase);
        }
    }

    /**
     * One run for many tests, of a model without a reference, that loses four processes: one with a case of
     * vision_encoder, and three with the first cases of decoder_step, each in another way.
     */
    private record Losses(ConformanceReport report, List<String> output, List<String> decoder) {
        static Losses run() {
            List<String> decoder = cases(Suite.SMOKE).stream()
                    .map(CaseName::toString)
                    .filter(name -> name.startsWith("stage/decoder_step/"))
                    .toList();
            assertThat(decoder).hasSizeGreaterThan(3);
            Map<String, Fault> faults = Map.of(
                    decoder.get(0),
                    Fault.EXIT,
                    decoder.get(1),
                    Fault.LEAK,
                    decoder.get(2),
                    Fault.DAMAGE,
                    VISION,
                    Fault.CRASH);
            Notifications notifications = new Notifications();
            ConformanceReport report = with(
                            new Source.Model(SmallModel.folder(), Optional.empty()),
                            ExecutionProvider.CPU,
                            new Selection(List.of("decoder_step", "vision_encoder", "text_head", "concurrency")),
                            isolation(LONG, faults),
                            new Cancellation(),
                            notifications)
                    .run(FaultyChild.class);
            return new Losses(report, notifications.output(), decoder);
        }

        /** The process that was lost in a case, which has failed for that reason. */
        LostProcess in(String name) {
            LostProcess lost = report.processes().orElseThrow().lost().stream()
                    .filter(process -> process.lastCase().equals(name))
                    .findFirst()
                    .orElseThrow();
            assertThat(report.failures())
                    .filteredOn(check -> check.name().equals(name + RUN))
                    .singleElement()
                    .satisfies(check -> assertThat(check.note()).hasValue(lost.reason()));
            return lost;
        }
    }

    @BeforeAll
    static void copyAndLose() throws IOException {
        for (String name : FILES) {
            Path file = Path.of(name + ".safetensors");
            Files.copy(SmallCheckpoint.golden().resolve(file), goldens.resolve(file));
        }
        losses = Losses.run();
    }

    /** Although something prints what looks like messages. */
    @Test
    void aRunInAChildIsTheSameAsOneHere() {
        ConformanceReport here = SmokeRun.report(model());
        ConformanceReport isolated =
                run(model(), ExecutionProvider.CPU, Selection.ALL, isolation(LONG, Map.of(VISION, Fault.NOISE)));
        assertThat(notifications.output()).anyMatch(line -> line.startsWith(FaultyChild.NOISE + "<U+001B>"));
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
    void aCrashFailsItsCase(@TempDir Path folder) throws IOException {
        LostProcess lost = losses.in(VISION);
        assertThat(lost.reason()).contains("crashed", "exit code 134, SIGABRT", "SIGSEGV");
        assertThat(lost.exitCode()).hasValue(134);
        assertThat(lost.crashHead()).contains("SIGSEGV", "Problematic frame");
        assertThat(lost.output()).endsWith("the driver's last words");
        assertThat(losses.output()).contains("the driver's last words");

        ReportFolder.write(losses.report(), folder);
        assertThat(folder.resolve("crashes/crash-1.log")).content().contains("SIGSEGV", "Current thread");
        assertThat(Files.readString(folder.resolve("report.html")))
                .contains("Lost processes", "crashes/crash-1.log", "the driver&#39;s last words");
        // The next report replaces this one, crash file included.
        ReportFolder.write(SmokeRun.report(model()), folder);
        assertThat(folder.resolve("crashes")).doesNotExist();
    }

    @Test
    void anExitFailsItsCase() {
        assertThat(losses.in(losses.decoder().get(0)).reason())
                .isEqualTo("the process exited (exit code 0) before its work was done");
    }

    @Test
    void aLeakFailsItsCase() {
        assertThat(losses.in(losses.decoder().get(1)).reason()).contains("of memory, more than the limit of 1.0 GB");
    }

    @Test
    void damagedResultsFailTheirCase() {
        assertThat(losses.in(losses.decoder().get(2)).reason()).contains("damaged results");
    }

    /** The third case that loses its process is the last that is tried. */
    @Test
    void aGraphThatAlwaysLosesItsProcessIsGivenUpAndTheOthersRun() {
        assertThat(losses.report().processes().orElseThrow().lost())
                .extracting(LostProcess::lastCase)
                .containsExactlyElementsOf(Stream.concat(Stream.of(VISION), losses.decoder().subList(0, 3).stream())
                        .toList());
        assertThat(losses.report().processes().orElseThrow().count()).isEqualTo(5);
        assertThat(losses.report().failures())
                .extracting(Check::name)
                .containsExactlyInAnyOrderElementsOf(Stream.concat(losses.decoder().stream(), Stream.of(VISION))
                        .map(name -> name + RUN)
                        .toList());
        assertThat(losses.report().checks())
                .filteredOn(Check::passed)
                .as("the other cases of its part, and the parts after it")
                .extracting(check -> check.area() + " " + check.subject())
                .contains(Area.GRAPH + " text_head", Area.CONCURRENCY + " requests");
    }

    @Test
    void aReferenceIsRecordedInAProcessToo() {
        assertThat(losses.report().checks()).filteredOn(Check::passed).anySatisfy(check -> {
            assertThat(check.area()).isEqualTo(Area.GRAPH);
            assertThat(check.metric()).isEqualTo("relative L2");
        });
        assertThat(losses.report().subject().reference()).endsWith("recorded in this run by the runtime under test");
    }

    @Test
    void aHangFailsItsCaseAndSaysWhereItIsAndACrashAtTheEndFails() {
        String last = "stage/decoder_step/prompt_7_two_rows";
        ConformanceReport report = run(
                model(),
                ExecutionProvider.CPU,
                new Selection(List.of("stage/text_head", VISION, last)),
                isolation(Duration.ofSeconds(8), Map.of(VISION, Fault.HANG, last, Fault.CRASH_AT_EXIT)));
        assertThat(report.failures())
                .extracting(Check::name)
                .containsExactly(VISION + RUN, "stage/process/end of process 2" + RUN);
        assertThat(report.checks())
                .filteredOn(Check::passed)
                .extracting(Check::subject)
                .contains("text_head", "decoder_step");
        assertThat(report.processes().orElseThrow().count()).isEqualTo(2);
        LostProcess hung = report.processes().orElseThrow().lost().get(0);
        assertThat(hung.lastCase()).isEqualTo(VISION);
        assertThat(hung.reason()).isEqualTo("the process was ended after 8 s, the limit for a case");
        assertThat(hung.exitCode()).isEmpty();
        assertThat(hung.output()).contains("The work is at:", "FaultyChild.commit");
    }

    /** An error of Java outside a case. */
    @Test
    void aPartThatCannotBeOpenedFailsWithAllItsCases() {
        ConformanceReport report = run(
                new Source.Goldens(SmallCheckpoint.folder(), goldens),
                ExecutionProvider.CPU,
                Selection.ALL,
                isolation(LONG, Map.of(PART, Fault.ERROR)));
        assertThat(report.checks())
                .extracting(Check::name)
                .containsExactly(
                        PART + RUN,
                        "stage/text/text" + RUN,
                        "stage/token_sampler_10/token_sampler_10" + RUN,
                        "stage/vision_encoder/vision_encoder" + RUN);
        assertThat(report.checks().get(3).note().orElseThrow()).contains("not run", PART);
        assertThat(report.processes().orElseThrow().count()).isEqualTo(1);
        LostProcess lost = report.processes().orElseThrow().lost().get(0);
        assertThat(lost.lastCase()).isEqualTo(PART);
        assertThat(lost.reason()).contains("exit code 1");
        assertThat(lost.output()).contains("java.lang.OutOfMemoryError: Java heap space");
    }

    @Test
    void aProcessThatDoesNotStartIsNoVerdict() {
        Isolation isolation =
                new Isolation(LONG, MEMORY, Optional.empty(), Map.of(), List.of("-XX:NoSuchOptionOfJava"));
        assertThatExceptionOfType(ConformanceException.class)
                .isThrownBy(() -> run(model(), ExecutionProvider.CPU, Selection.ALL, isolation))
                .withMessageContainingAll("cannot be started", "NoSuchOptionOfJava", "--no-isolation");
    }

    @Test
    void aProviderThatIsNotThereIsNoVerdict() {
        assertThatExceptionOfType(ConformanceException.class)
                .isThrownBy(() -> run(
                        model(), ExecutionProvider.of("no-such-provider"), Selection.ALL, isolation(LONG, Map.of())))
                .withMessageContaining("no-such-provider");
        assertThat(notifications.phases()).isEmpty();
    }

    @Test
    void aCancelledRunLeavesNoProcess() {
        Cancellation cancellation = new Cancellation();
        ConformanceRun run = with(
                model(),
                ExecutionProvider.CPU,
                new Selection(List.of(VISION)),
                isolation(LONG, Map.of(VISION, Fault.NOISE_AND_HANG)),
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

    private ConformanceReport run(Source source, ExecutionProvider provider, Selection selection, Isolation isolation) {
        return with(source, provider, selection, isolation, new Cancellation(), notifications)
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
}
