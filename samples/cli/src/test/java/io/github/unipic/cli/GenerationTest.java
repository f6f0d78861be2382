package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.Cancellation;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.testing.TestImages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Four images, of which the third cannot be saved: since names were checked, a folder of that name was made. */
class GenerationTest {
    @TempDir
    private Path folder;

    @Test
    void theImagesSavedBeforeAFailureAreNamed() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThatExceptionOfType(ImageFormatException.class)
                .isThrownBy(() -> generate(out))
                .withMessageContaining("fox-3.png");
        assertThat(out.toString(StandardCharsets.UTF_8).lines())
                .containsExactly(
                        folder.resolve("fox-1.png").toString(),
                        folder.resolve("fox-2.png").toString());
        assertThat(folder.resolve("fox-2.png")).exists();
        assertThat(folder.resolve("fox-4.png")).doesNotExist();
    }

    @Test
    void andTheFailureCountsIfTheyCannotBe() throws IOException {
        OutputStream full = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        assertThatExceptionOfType(ImageFormatException.class)
                .isThrownBy(() -> generate(full))
                .withMessageContaining("fox-3.png");
    }

    private void generate(OutputStream out) throws IOException {
        Session session =
                CommandLineRun.session("", out, OutputStream.nullOutputStream(), Map.of(), new Cancellation());
        OutputFiles files = OutputFiles.named(folder.resolve("fox.png"), 4);
        Files.createDirectory(folder.resolve("fox-3.png"));
        List<Image> images = Collections.nCopies(4, TestImages.gradient(16, 16));
        GenerateRequest request =
                GenerateRequest.builder("a fox").seed(7).count(4).build();
        new Generation(session, session.cancellation(), true, true).run(request, files, asked -> images);
    }
}
