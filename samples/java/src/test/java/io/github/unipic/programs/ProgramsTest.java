package io.github.unipic.programs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Image;
import io.github.unipic.testing.Program;
import io.github.unipic.testing.SmallModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each program on the small model. Two run from their source, as a new user runs them; the others run in one process,
 * as Java and the compiler take longer to start than a program to run.
 */
class ProgramsTest {
    private static final String MODEL = SmallModel.folder().toString();

    /** Where the programs run that share a process. */
    @TempDir
    private static Path shared;

    private static List<String> outputs;

    @TempDir
    private Path folder;

    @BeforeAll
    static void runInTurn() throws Exception {
        byte[] gray = new byte[64 * 64 * 3];
        Arrays.fill(gray, (byte) 128);
        Image.ofRgb(64, 64, gray).save(shared.resolve("image.png"));
        byte[] white = new byte[64 * 64 * 3];
        Arrays.fill(white, 32 * 64 * 3, white.length, (byte) 255); // the lower half
        Image.ofRgb(64, 64, white).save(shared.resolve("mask.png"));
        outputs = Program.runInTurn(
                shared,
                List.of(
                        List.of("Edit", MODEL, "image.png", "Make it night"),
                        List.of("Inpaint", MODEL, "image.png", "mask.png", "A fox"),
                        List.of("Ask", MODEL, "image.png", "What is it?"),
                        List.of("Batch", MODEL, "A fox", "A bear")));
    }

    private String run(String program, String input, String... args) throws Exception {
        Program.Run run = Program.of(program).run(folder, input, args);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run.out();
    }

    private static Image written(String name) {
        return Image.read(shared.resolve(name));
    }

    @Test
    void foxDrawsAFox() throws Exception {
        run("Fox", "", MODEL);
        assertThat(Image.read(folder.resolve("fox.png")).request().orElseThrow().prompt())
                .isEqualTo("A red fox in the snow");
    }

    @Test
    void editChangesAnImage() {
        Image edited = written("edited.png");
        assertThat(edited.metadata()).containsEntry("prompt", "Make it night");
        assertThat(edited.rgb()).isNotEqualTo(written("image.png").rgb());
    }

    @Test
    void inpaintRegeneratesWhereTheMaskIsWhite() {
        byte[] before = written("image.png").rgb();
        byte[] after = written("inpainted.png").rgb();
        int row = 64 * 3;
        assertThat(Arrays.copyOf(after, row)).isEqualTo(Arrays.copyOf(before, row));
        assertThat(Arrays.copyOfRange(after, 63 * row, 64 * row)).isNotEqualTo(Arrays.copyOf(before, row));
    }

    @Test
    void askPrintsAnAnswer() {
        assertThat(outputs.get(2)).isNotBlank().endsWith(System.lineSeparator());
    }

    @Test
    void batchDrawsAnImageForEachPrompt() {
        assertThat(outputs.get(3)).contains("1.png 100 %", "2.png 100 %");
        assertThat(written("1.png").request().orElseThrow().prompt()).isEqualTo("A fox");
        assertThat(written("2.png").request().orElseThrow().prompt()).isEqualTo("A bear");
    }

    @Test
    void batchStopsWhenEnterIsPressed() throws Exception {
        String[] prompts = new String[100];
        Arrays.fill(prompts, "A fox");
        prompts[0] = MODEL;
        assertThat(run("Batch", "\n", prompts)).contains("Stopped");
        assertThat(folder.resolve("99.png")).doesNotExist();
    }

    @Test
    void noProgramIsForgotten() throws Exception {
        assertThat(Program.all())
                .extracting(file -> file.getFileName().toString())
                .containsExactly("Ask.java", "Batch.java", "Edit.java", "Fox.java", "Inpaint.java");
        assertThat(Files.readString(Path.of("README.md")))
                .contains(Program.all().stream()
                        .map(file -> "(" + file.getFileName() + ")")
                        .toList());
    }
}
