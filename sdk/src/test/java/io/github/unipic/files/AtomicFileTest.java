package io.github.unipic.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
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

    @Test
    void aMoveThatFailsKeepsWhatIsThere() throws IOException {
        Path file = folder.resolve("file");
        assertThatThrownBy(() -> AtomicFile.write(file, stream -> {
                    stream.write(1);
                    Files.createDirectories(file.resolve("mine"));
                }))
                .isInstanceOf(IOException.class);
        assertThat(file.resolve("mine")).isDirectory();
        assertThat(folder).isDirectoryContaining("glob:**/file");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void aFolderIsNotReplaced() throws IOException {
        Path mine = Files.createDirectory(folder.resolve("mine"));
        assertThatThrownBy(() -> AtomicFile.write(mine, stream -> stream.write(1)))
                .hasMessageContaining("is a folder");
        assertThat(mine).isDirectory();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aLinkStaysAndItsFileIsReplaced() throws IOException {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        Path file = Files.writeString(disk.resolve("file"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        AtomicFile.write(link, stream -> stream.write('n'));
        assertThat(link).isSymbolicLink();
        assertThat(file).hasContent("n");
        try (Stream<Path> files = Files.list(disk)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aPipeIsWrittenToAndStays() throws Exception {
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        CompletableFuture<String> read = CompletableFuture.supplyAsync(() -> {
            try {
                return Files.readString(pipe);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        AtomicFile.write(pipe, stream -> stream.write("through".getBytes(StandardCharsets.UTF_8)));
        assertThat(read.get(60, TimeUnit.SECONDS)).isEqualTo("through");
        assertThat(Files.readAttributes(pipe, BasicFileAttributes.class).isOther())
                .isTrue();
    }

    @Test
    void anInterruptedThreadWritesAllTheSame() throws IOException {
        Path file = folder.resolve("file");
        Thread.currentThread().interrupt();
        try {
            AtomicFile.write(file, stream -> stream.write('n'));
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(file).hasContent("n");
    }

    @Test
    void otherFileSystemsWorkToo() throws IOException {
        try (FileSystem zip = FileSystems.newFileSystem(folder.resolve("a.zip"), Map.of("create", "true"))) {
            Path file = zip.getPath("/file");
            AtomicFile.write(file, stream -> stream.write('o'));
            AtomicFile.write(file, stream -> stream.write('n'));
            assertThat(file).hasContent("n");
            try (Stream<Path> files = Files.list(zip.getPath("/"))) {
                assertThat(files).containsExactly(file);
            }
        }
    }
}
