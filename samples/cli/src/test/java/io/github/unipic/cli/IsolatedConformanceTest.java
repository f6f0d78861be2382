package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The command's process and its child, of which only the child loads ONNX Runtime, and which ends with its parent. */
@Timeout(300)
@EnabledOnOs(OS.LINUX)
class IsolatedConformanceTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    @Test
    void theParentLoadsNoRuntimeAndItsChildDiesWithIt() throws Exception {
        Process parent = start();
        try {
            ProcessHandle child = computing(parent);
            assertThat(loads(parent.toHandle())).isFalse();
            parent.destroyForcibly();
            assertThat(child.onExit()).succeedsWithin(SOON);
            assertThat(messages()).as("ends before its work is done").doesNotContain("{\"@type\":\"done\"}");
        } finally {
            end(parent);
        }
    }

    @Test
    void aCancelledParentEndsItsChild() throws Exception {
        Process parent = start();
        try {
            ProcessHandle child = computing(parent);
            parent.destroy();
            assertThat(parent.onExit()).succeedsWithin(SOON);
            assertThat(parent.exitValue()).isEqualTo(UniPicCommand.CANCELLED);
            assertThat(child.isAlive()).isFalse();
            assertThat(Files.readString(folder.resolve("output"))).contains("unipic: cancelled");
        } finally {
            end(parent);
        }
    }

    private Process start() throws IOException {
        List<String> command = new ArrayList<>(CommandLineProcess.java());
        command.addAll(List.of(
                "-Djava.io.tmpdir=" + folder,
                "-cp",
                System.getProperty("java.class.path"),
                UniPicCommand.class.getName(),
                "conformance",
                "run",
                // Cases for seconds, on the model that is kept.
                "--only",
                "decoder_step",
                "--only",
                "t2i",
                "--out",
                folder.resolve("report").toString()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile());
        builder.environment().putAll(CommandLineRun.BUILT_IN);
        return builder.start();
    }

    /** The child, once it runs cases. */
    private ProcessHandle computing(Process parent) throws IOException, InterruptedException {
        while (parent.isAlive()) {
            Optional<ProcessHandle> child = parent.children().findFirst();
            if (child.isPresent() && loads(child.get()) && output().contains("Replaying")) {
                return child.get();
            }
            Thread.sleep(20);
        }
        throw new AssertionError(output());
    }

    /** What the child told its parent, whose temporary folder stays. */
    private String messages() throws IOException {
        try (Stream<Path> files = Files.find(folder, 2, (file, attributes) -> file.endsWith("process-1.jsonl"))) {
            return Files.readString(files.findFirst().orElseThrow());
        }
    }

    private String output() throws IOException {
        return Files.readString(folder.resolve("output"));
    }

    private static boolean loads(ProcessHandle process) throws IOException {
        Path maps = Path.of("/proc", Long.toString(process.pid()), "maps");
        return Files.exists(maps)
                && Files.readString(maps, StandardCharsets.ISO_8859_1).contains("libonnxruntime.so");
    }

    private static void end(Process parent) throws InterruptedException {
        parent.descendants().forEach(ProcessHandle::destroyForcibly);
        parent.destroyForcibly().waitFor();
    }
}
