package io.github.unipic.programs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Image;
import io.github.unipic.conformance.EmbeddedCheckpoint;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Precision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each program on the small model. */
class ProgramsTest {
    @TempDir
    private static Path shared;

    private static String model;

    @TempDir
    private Path folder;

    @BeforeAll
    static void exportTheSmallModel() {
        EmbeddedCheckpoint.RANDOM.copyTo(shared);
        Path exported = shared.resolve("model");
        Exporter.export(
                new ExportRequest(shared.resolve("checkpoint"), exported, Precision.FP32, false),
                (written, total, graph) -> {});
        model = exported.toString();
    }

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
        run("Fox", "", model);
        assertThat(written("fox.png").request().orElseThrow().prompt()).isEqualTo("A red fox in the snow");
    }

    @Test
    void editChangesAnImage() throws Exception {
        run("Edit", "", model, image(), "Make it night");
        Image edited = written("edited.png");
        assertThat(edited.metadata()).containsEntry("prompt", "Make it night");
        assertThat(edited.rgb()).isNotEqualTo(written("image.png").rgb());
    }

    @Test
    void inpaintRegeneratesWhereTheMaskIsWhite() throws Exception {
        byte[] white = new byte[64 * 64 * 3];
        Arrays.fill(white, 32 * 64 * 3, white.length, (byte) 255); // the lower half
        Image.ofRgb(64, 64, white).save(folder.resolve("mask.png"));
        run("Inpaint", "", model, image(), "mask.png", "A fox");
        byte[] before = written("image.png").rgb();
        byte[] after = written("inpainted.png").rgb();
        int row = 64 * 3;
        assertThat(Arrays.copyOf(after, row)).isEqualTo(Arrays.copyOf(before, row));
        assertThat(Arrays.copyOfRange(after, 63 * row, 64 * row)).isNotEqualTo(Arrays.copyOf(before, row));
    }

    @Test
    void askPrintsAnAnswer() throws Exception {
        assertThat(run("Ask", "", model, image(), "What is it?")).isNotBlank().endsWith(System.lineSeparator());
    }

    @Test
    void batchDrawsAnImageForEachPrompt() throws Exception {
        assertThat(run("Batch", "", model, "A fox", "A bear")).contains("1.png 100 %", "2.png 100 %");
        assertThat(written("1.png").request().orElseThrow().prompt()).isEqualTo("A fox");
        assertThat(written("2.png").request().orElseThrow().prompt()).isEqualTo("A bear");
    }

    @Test
    void batchStopsWhenEnterIsPressed() throws Exception {
        String[] prompts = new String[100];
        Arrays.fill(prompts, "A fox");
        prompts[0] = model;
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
