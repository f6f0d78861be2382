package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.UniPic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** ONNX Runtime's telemetry stays off, in a process of its own since the choice holds for a process. */
@DisabledOnOs(OS.WINDOWS)
class TelemetryTest {
    /** The process under test. */
    static final class Main {
        public static void main(String[] args) {
            System.out.println(UniPic.runtime().version());
        }
    }

    /** With telemetry on, such a command line crashes ONNX Runtime 1.29, and its client leaves files in the cache. */
    @Test
    void aLongCommandLineStartsAndLeavesNoTrace(@TempDir Path home) throws IOException, InterruptedException {
        Path output = home.resolve("output");
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dpadding=" + "x".repeat(20_000),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName());
        builder.environment().keySet().removeIf(name -> name.startsWith("ORT_") || name.startsWith("XDG_"));
        builder.environment().put("HOME", home.toString());
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(output)).isZero();
        assertThat(Files.readString(output)).contains("1.");
        try (var files = Files.walk(home)) {
            assertThat(files.map(path -> path.getFileName().toString())).doesNotContain("deviceid", "onnxruntime.db");
        }
    }
}
