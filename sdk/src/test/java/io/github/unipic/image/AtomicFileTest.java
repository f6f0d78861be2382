package io.github.unipic.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    @TempDir
    private Path folder;

    @Test
    void aFailureHalfWayKeepsTheOldFileAndLeavesNothingElse() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "old");
        IllegalStateException failure = new IllegalStateException("no");
        assertThatThrownBy(() -> AtomicFile.write(file, stream -> {
                    stream.write(new byte[100_000]);
                    throw failure;
                }))
                .isSameAs(failure);
        assertThatThrownBy(() -> AtomicFile.write(file, stream -> {
                    throw new IOException("disk full");
                }))
                .hasMessage("disk full");
        assertThat(file).hasContent("old");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void theOldFileStaysUntilTheNewOneIsWhole() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "old");
        AtomicFile.write(file, stream -> {
            stream.write(new byte[] {'n', 'e', 'w'});
            stream.flush();
            assertThat(file).hasContent("old");
        });
        assertThat(file).hasContent("new");
    }
}
