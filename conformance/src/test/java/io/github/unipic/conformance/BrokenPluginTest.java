package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.unipic.Cancellation;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ConformanceReport;
import io.github.unipic.conformance.report.LostProcess;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** As IsolationTest, with a plugin of ONNX Runtime in C, where there is a C compiler. */
@Timeout(300)
class BrokenPluginTest {
    private static final long MEMORY = 1_000_000_000;
    private static final List<String> FILES =
            List.of("text", "token_sampler_10", "token_sampler_100", "vision_encoder");
    private static final List<String> CASES =
            FILES.stream().map(name -> "stage/" + name + "/" + name).toList();
    private static final String RUN = "/run (completed)";

    /** One run that loses a process to each fault but the last. */
    private static ConformanceReport report;

    @TempDir
    private static Path shared;

    @TempDir
    private Path folder;

    @BeforeAll
    static void requireCompilerAndLose() throws Exception {
        int exitCode;
        try {
            exitCode = new ProcessBuilder("gcc", "--version")
                    .redirectOutput(Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            exitCode = -1;
        }
        assumeTrue(exitCode == 0, "gcc is not installed");
        // Two that run no case in turn would end the run.
        report = run(
                shared,
                Duration.ofSeconds(100),
                "CRASH_AT_REGISTRATION",
                "CRASH_IN_THREAD",
                "LEAK_AT_REGISTRATION",
                "EXIT_IN_THREAD",
                "NOISE");
    }

    @Test
    void eachLossFailsWhatTheProcessWasDoing() {
        assertThat(lost()).hasSize(4);
        assertThat(lost().get(0).lastCase()).isEqualTo("stage/process/start of process 1");
        assertThat(lost().get(2).lastCase()).isEqualTo("stage/process/start of process 3");
        // A driver's thread may be late, and fail the next case.
        assertThat(CASES).contains(lost().get(1).lastCase(), lost().get(3).lastCase());
        assertThat(report.failures())
                .extracting(Check::name)
                .containsExactlyElementsOf(
                        lost().stream().map(lost -> lost.lastCase() + RUN).toList());
    }

    @Test
    void itsRegistrationCrashes() {
        assertThat(lost().get(0).crashHead()).contains("libbroken.so", "CreateEpFactories");
    }

    @Test
    void aThreadOfTheDriverCrashes() {
        LostProcess lost = lost().get(1);
        assertThat(lost.reason()).contains("SIGSEGV", "libbroken.so");
        assertThat(lost.crashHead()).contains("libbroken.so");
    }

    @Test
    void itsRegistrationLeaks() {
        assertThat(lost().get(2).reason()).contains("of memory, more than the limit");
    }

    @Test
    void aThreadOfTheDriverExits() {
        assertThat(lost().get(3).reason()).contains("exited (exit code 0)");
    }

    /** As the last process does. */
    @Test
    void itPrintsWhatAMessageLooksLike() {
        assertThat(report.processes().orElseThrow().count()).isEqualTo(5);
        assertThat(report.checks())
                .filteredOn(check -> check.scenario().equals("vision_encoder"))
                .isNotEmpty()
                .allMatch(Check::passed);
    }

    @Test
    void itsRegistrationHangs() throws Exception {
        ConformanceReport hung = run(folder, Duration.ofSeconds(8), "HANG_AT_REGISTRATION");
        assertThat(hung.checks())
                .extracting(Check::name)
                .containsExactlyElementsOf(Stream.concat(Stream.of("stage/process/start of process 1"), CASES.stream())
                        .map(name -> name + RUN)
                        .toList());
        assertThat(hung.environment().onnxRuntime()).isEqualTo("unknown");
    }

    private static List<LostProcess> lost() {
        return report.processes().orElseThrow().lost();
    }

    /** @param faults one for each process */
    private static ConformanceReport run(Path folder, Duration limit, String... faults) throws Exception {
        Path source = folder.resolve("broken_plugin.c");
        try (InputStream in = BrokenPluginTest.class.getResourceAsStream("broken_plugin.c")) {
            Files.copy(in, source);
        }
        Path library = folder.resolve("libbroken.so");
        List<String> compiler = List.of(
                "gcc",
                "-shared",
                "-fPIC",
                "-pthread",
                "-DFAULTS=" + String.join(",", faults),
                "-DMARKER=\"" + folder.resolve("marker") + "\"",
                "-o",
                library.toString(),
                source.toString());
        assertThat(new ProcessBuilder(compiler).inheritIO().start().waitFor()).isZero();
        Path goldens = Files.createDirectory(folder.resolve("goldens"));
        for (String name : FILES) {
            String file = name + ".safetensors";
            Files.copy(SmallCheckpoint.golden().resolve(file), goldens.resolve(file));
        }
        Isolation isolation = new Isolation(limit, MEMORY, Optional.empty(), Map.of("broken", library), List.of());
        return new ConformanceRun(
                        new Source.Goldens(SmallCheckpoint.folder(), goldens),
                        ExecutionProvider.CPU,
                        Suite.SMOKE,
                        false,
                        Optional.empty(),
                        Map.of(),
                        Optional.of(isolation),
                        new Cancellation(),
                        new ConformanceRun.Listener() {})
                .run();
    }
}
