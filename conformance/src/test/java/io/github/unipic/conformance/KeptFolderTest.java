package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.OutputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptFolderTest {
    @TempDir
    private Path folder;

    private int made;

    private KeptFolder kept() {
        return new KeptFolder(folder.resolve("cache/kept"), Path.of("inner", "last"));
    }

    private Path make() {
        return kept().orMadeBy(this::fill, folder.resolve("temporary"));
    }

    private void fill(Path target) {
        made++;
        try {
            Files.createDirectories(target.resolve("inner"));
            Files.writeString(target.resolve("first"), "a");
            Files.writeString(target.resolve("inner/last"), "b");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void change(String file, int seconds) throws IOException {
        FileTime last = Files.getLastModifiedTime(folder.resolve("cache/kept/inner/last"));
        Files.setLastModifiedTime(
                folder.resolve("cache/kept").resolve(file), FileTime.fromMillis(last.toMillis() + seconds * 1000L));
    }

    @Test
    void isMadeOnceAndThenUsed() {
        assertThat(make()).isEqualTo(folder.resolve("cache/kept"));
        assertThat(make()).isEqualTo(folder.resolve("cache/kept"));
        assertThat(made).isEqualTo(1);
        assertThat(folder.resolve("cache/kept/first")).hasContent("a");
        assertThat(folder.resolve("temporary")).doesNotExist();
    }

    @Test
    void isMadeAgainAfterAChange() throws IOException {
        make();
        change("first", -1);
        make();
        assertThat(made).isEqualTo(1);
        Files.writeString(folder.resolve("cache/kept/first"), "damaged");
        change("first", 1);
        make();
        assertThat(made).isEqualTo(2);
        assertThat(folder.resolve("cache/kept/first")).hasContent("a");

        Files.delete(folder.resolve("cache/kept/inner/last"));
        make();
        assertThat(made).isEqualTo(3);
        try (Stream<Path> entries = Files.list(folder.resolve("cache"))) {
            assertThat(entries).containsExactly(folder.resolve("cache/kept"));
        }
    }

    @Test
    void isMadeElsewhereIfItCannotBeKept() throws IOException {
        Files.createFile(folder.resolve("cache"));
        assertThat(make()).isEqualTo(folder.resolve("temporary"));
        assertThat(folder.resolve("temporary/inner/last")).hasContent("b");
    }

    @Test
    void whatFailsLeavesNothing() {
        Consumer<Path> failing = target -> {
            throw new IllegalStateException("cancelled");
        };
        assertThatThrownBy(() -> kept().orMadeBy(failing, folder.resolve("temporary")))
                .hasMessage("cancelled");
        assertThat(folder.resolve("cache")).isEmptyDirectory();
        Consumer<Path> full = target -> {
            if (target.startsWith(folder.resolve("cache"))) {
                throw new OutputException("It cannot be written", new IOException("full"), "make room");
            }
            fill(target);
        };
        assertThat(kept().orMadeBy(full, folder.resolve("temporary"))).isEqualTo(folder.resolve("temporary"));
    }
}
