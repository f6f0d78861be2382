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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** As IsolationTest, with a plugin of ONNX Runtime in C, where there is a C compiler. */
@Timeout(300)
class BrokenPluginTest {
    private static final long MEMORY = 2_000_000_000;
    private static final Duration LONG = Duration.ofSeconds(100);

    @TempDir
    private Path folder;

    @BeforeAll
    static void requireCompiler() throws InterruptedException {
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
    }

    @Test
    void aThreadOfTheDriverCrashes() throws Exception {
        LostProcess lost = requireOneLost(run("CRASH_IN_THREAD"));
        assertThat(lost.reason()).contains("SIGSEGV", "libbroken.so");
        assertThat(lost.crashHead()).contains("libbroken.so");
    }

    @Test
    void aThreadOfTheDriverExits() throws Exception {
        assertThat(requireOneLost(run("EXIT_IN_THREAD")).reason()).contains("exited (exit code 0)");
    }

    @Test
    void itsRegistrationLeaks() throws Exception {
        assertThat(requireOneLost(run("LEAK_AT_REGISTRATION")).reason()).contains("of memory, more than the limit");
    }

    @Test
    void itsRegistrationCrashes() throws Exception {
        LostProcess lost = requireOneLost(run("CRASH_AT_REGISTRATION"));
        assertThat(lost.lastCase()).isEqualTo("stage/process/start of process 1");
        assertThat(lost.crashHead()).contains("libbroken.so", "CreateEpFactories");
    }

    @Test
    void itsRegistrationHangs() throws Exception {
        ConformanceReport report = run("HANG_AT_REGISTRATION", Duration.ofSeconds(8));
        assertThat(report.checks())
                .extracting(Check::name)
                .containsExactly(
                        "stage/process/start of process 1/run (completed)",
                        "stage/text/text/run (completed)",
                        "stage/token_sampler_100/token_sampler_100/run (completed)");
        assertThat(report.environment().onnxRuntime()).isEqualTo("unknown");
    }

    @Test
    void itPrintsWhatAMessageLooksLike() throws Exception {
        ConformanceReport report = run("NOISE");
        assertThat(report.failures()).isEmpty();
        assertThat(report.checks()).hasSize(6);
    }

    private ConformanceReport run(String fault) throws Exception {
        return run(fault, LONG);
    }

    private ConformanceReport run(String fault, Duration limit) throws Exception {
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
                "-DFAULT=" + fault,
                "-DMARKER=\"" + folder.resolve("marker") + "\"",
                "-o",
                library.toString(),
                source.toString());
        assertThat(new ProcessBuilder(compiler).inheritIO().start().waitFor()).isZero();
        Path goldens = Files.createDirectory(folder.resolve("goldens"));
        for (String name : List.of("text.safetensors", "token_sampler_100.safetensors")) {
            Files.copy(SmallCheckpoint.golden().resolve(name), goldens.resolve(name));
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

    /** A process was lost with what it was doing; all else passed in the next process. */
    private static LostProcess requireOneLost(ConformanceReport report) {
        assertThat(report.processes().orElseThrow().lost()).hasSize(1);
        LostProcess lost = report.processes().orElseThrow().lost().get(0);
        assertThat(report.failures()).extracting(Check::name).startsWith(lost.lastCase() + "/run (completed)");
        return lost;
    }
}
