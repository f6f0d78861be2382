package io.github.unipic.programs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Image;
import io.github.unipic.testing.Program;
import io.github.unipic.testing.SmallModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each program on the small model. */
class ProgramsTest {
    private static final String MODEL = SmallModel.folder().toString();

    @TempDir
    private Path folder;

    private String run(String program, String input, String... args) throws Exception {
        Program.Run run = Program.of(program).run(folder, input, args);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run.out();
    }

    /** All gray. */
    private String image() {
        byte[] rgb = new byte[64 * 64 * 3];
        Arrays.fill(rgb, (byte) 128);
        Image.ofRgb(64, 64, rgb).save(folder.resolve("image.png"));
        return "image.png";
    }

    private Image written(String name) {
        return Image.read(folder.resolve(name));
    }

    @Test
    void foxDrawsAFox() throws Exception {
        run("Fox", "", MODEL);
        assertThat(written("fox.png").request().orElseThrow().prompt()).isEqualTo("A red fox in the snow");
    }

    @Test
    void editChangesAnImage() throws Exception {
        run("Edit", "", MODEL, image(), "Make it night");
        Image edited = written("edited.png");
        assertThat(edited.metadata()).containsEntry("prompt", "Make it night");
        assertThat(edited.rgb()).isNotEqualTo(written("image.png").rgb());
    }

    @Test
    void inpaintRegeneratesWhereTheMaskIsWhite() throws Exception {
        byte[] white = new byte[64 * 64 * 3];
        Arrays.fill(white, 32 * 64 * 3, white.length, (byte) 255); // the lower half
        Image.ofRgb(64, 64, white).save(folder.resolve("mask.png"));
        run("Inpaint", "", MODEL, image(), "mask.png", "A fox");
        byte[] before = written("image.png").rgb();
        byte[] after = written("inpainted.png").rgb();
        int row = 64 * 3;
        assertThat(Arrays.copyOf(after, row)).isEqualTo(Arrays.copyOf(before, row));
        assertThat(Arrays.copyOfRange(after, 63 * row, 64 * row)).isNotEqualTo(Arrays.copyOf(before, row));
    }

    @Test
    void askPrintsAnAnswer() throws Exception {
        assertThat(run("Ask", "", MODEL, image(), "What is it?")).isNotBlank().endsWith(System.lineSeparator());
    }

    @Test
    void batchDrawsAnImageForEachPrompt() throws Exception {
        assertThat(run("Batch", "", MODEL, "A fox", "A bear")).contains("1.png 100 %", "2.png 100 %");
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
