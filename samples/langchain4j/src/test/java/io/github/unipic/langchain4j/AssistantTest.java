package io.github.unipic.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Image;
import io.github.unipic.conformance.testing.Models;
import io.github.unipic.testing.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program of this module, run by Java from its source, as a new user runs it. */
class AssistantTest {
    private static final Program PROGRAM = Program.of("Assistant");
    private static final String PROMPT = "a red circle above a blue square on a pink background";

    @Test
    void generatesAndChecksWhatItIsAskedFor(@TempDir Path folder) throws Exception {
        String model = Models.trained().info().folder().toString();
        Program.Run run = PROGRAM.run(folder, "", model, PROMPT);
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out().lines()).containsExactly("I see " + PROMPT, "That is what you asked for: assistant.png");
        assertThat(Image.read(folder.resolve("assistant.png"))
                        .request()
                        .orElseThrow()
                        .prompt())
                .isEqualTo(PROMPT);
    }

    @Test
    void itIsShortAndItsFirstLinesSayHowToRunIt() throws Exception {
        List<String> lines = Files.readAllLines(PROGRAM.file());
        assertThat(lines).hasSizeLessThanOrEqualTo(40);
        assertThat(lines.get(1)).startsWith("//   java -cp ... Assistant.java unipic-1.5b ");
    }
}
