package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.runtime.provider.OnnxRuntime;
import io.github.unipic.testing.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** ONNX Runtime's telemetry stays off; in a process of its own, because the setting is for a process. */
@DisabledOnOs(OS.WINDOWS)
class TelemetryTest {
    /** The process under test. */
    static final class Main {
        public static void main(String[] args) {
            System.out.println(OnnxRuntime.environment().getVersion());
        }
    }

    /** With telemetry on, such a command line crashes ONNX Runtime 1.29, and its client leaves files in the cache. */
    @Test
    void aLongCommandLineStartsAndLeavesNoTrace(@TempDir Path home) throws IOException, InterruptedException {
        String output = ChildJvm.run(
                home,
                Main.class,
                List.of("-Dpadding=" + "x".repeat(20_000)),
                List.of(),
                Map.of("HOME", home.toString()));
        assertThat(output).contains("1.");
        try (var files = Files.walk(home)) {
            assertThat(files.map(path -> path.getFileName().toString())).doesNotContain("deviceid", "onnxruntime.db");
        }
    }
}
