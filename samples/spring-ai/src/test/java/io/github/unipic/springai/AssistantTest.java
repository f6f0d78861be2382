package io.github.unipic.springai;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Image;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program of this module, run by Java from its source, as a new user runs it. */
class AssistantTest {
    private static final Path PROGRAM = Path.of("Assistant.java").toAbsolutePath();
    private static final String PROMPT = "a red circle above a blue square on a pink background";

    @Test
    void generatesAndChecksWhatItIsAskedFor(@TempDir Path folder) throws Exception {
        String model = Models.trained().info().folder().toString();
        assertThat(run(folder, model, PROMPT))
                .containsExactly("I see " + PROMPT, "That is what you asked for: assistant.png");
        assertThat(Image.read(folder.resolve("assistant.png"))
                        .request()
                        .orElseThrow()
                        .prompt())
                .isEqualTo(PROMPT);
    }

    @Test
    void itIsShortAndItsFirstLinesSayHowToRunIt() throws Exception {
        List<String> lines = Files.readAllLines(PROGRAM);
        assertThat(lines).hasSizeLessThanOrEqualTo(40);
        assertThat(lines.get(1)).startsWith("//   java -cp ... Assistant.java unipic-1.5b ");
    }

    private static List<String> run(Path folder, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                PROGRAM.toString()));
        command.addAll(List.of(args));
        File out = folder.resolve("out.txt").toFile();
        File err = folder.resolve("err.txt").toFile();
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out)
                .redirectError(err)
                .start();
        try {
            assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue())
                .as(Files.readString(err.toPath(), StandardCharsets.UTF_8))
                .isZero();
        return Files.readAllLines(out.toPath());
    }
}
