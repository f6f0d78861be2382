package io.github.unipic.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.InferenceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnpackedLibrariesTest {
    private static final List<String> BOTH = List.of("liba.so", "libb.so");

    @TempDir
    private Path temporary;

    private LibraryJar jar;
    private UnpackedLibraries libraries;

    @BeforeEach
    void writeJar() throws IOException {
        jar = LibraryJar.write(temporary.resolve("a.jar"), Map.of("liba.so", "the first", "libb.so", "the second"));
        libraries = jar.in(temporary.resolve("cache"));
    }

    @AfterEach
    void closeJar() throws IOException {
        jar.close();
    }

    @Test
    void knowsWhatTheClassPathHas() {
        assertThat(libraries.has("liba.so")).isTrue();
        assertThat(libraries.has("libc.so")).isFalse();
    }

    @Test
    void areWrittenOnce() throws IOException {
        Path folder = libraries.unpack(BOTH);
        assertThat(folder.resolve("liba.so")).hasContent("the first");
        assertThat(folder.resolve("libb.so")).hasContent("the second");
        FileTime past = FileTime.from(Instant.now().minus(Duration.ofHours(1)));
        Files.setLastModifiedTime(folder.resolve("liba.so"), past);
        FileTime before = Files.getLastModifiedTime(folder.resolve("liba.so"));
        assertThat(libraries.unpack(BOTH)).isEqualTo(folder);
        assertThat(Files.getLastModifiedTime(folder.resolve("liba.so"))).isEqualTo(before);
        assertThat(entries(folder)).containsExactly("liba.so", "libb.so");
    }

    /** Of another length, of the same length, and empty. */
    @ParameterizedTest
    @ValueSource(strings = {"the fir", "the fIrst", ""})
    void areWrittenAnewWhereDamaged(String damaged) throws IOException {
        Path file = libraries.unpack(BOTH).resolve("liba.so");
        Files.writeString(file, damaged);
        libraries.unpack(BOTH);
        assertThat(file).hasContent("the first");
        Files.delete(file);
        libraries.unpack(BOTH);
        assertThat(file).hasContent("the first");
    }

    @Test
    void ofAnotherVersionAreElsewhere() throws IOException {
        Path folder = libraries.unpack(BOTH);
        try (LibraryJar other =
                LibraryJar.write(temporary.resolve("b.jar"), Map.of("liba.so", "the third", "libb.so", "the second"))) {
            assertThat(other.in(temporary.resolve("cache")).unpack(BOTH)).isNotEqualTo(folder);
        }
        assertThat(folder.resolve("liba.so")).hasContent("the first");
    }

    @Test
    void areWholeWhenSeveralUnpackAtOnce() throws Exception {
        int threads = 8;
        CyclicBarrier start = new CyclicBarrier(threads);
        Callable<Path> unpacking = () -> {
            UnpackedLibraries own = jar.in(temporary.resolve("cache"));
            start.await();
            return own.unpack(BOTH);
        };
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<Path>> folders =
                    Stream.generate(() -> pool.submit(unpacking)).limit(threads).toList();
            for (Future<Path> folder : folders) {
                assertThat(folder.get().resolve("libb.so")).hasContent("the second");
                assertThat(folder.get()).isEqualTo(folders.get(0).get());
            }
            assertThat(entries(folders.get(0).get())).containsExactly("liba.so", "libb.so");
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void whatKilledProcessesLeftIsDeletedInTime() throws IOException {
        Path folder = libraries.unpack(BOTH);
        Files.delete(folder.resolve("liba.so"));
        Path old = Files.writeString(folder.resolve("liba.so1.part"), "the");
        Path young = Files.writeString(folder.resolve("liba.so2.part"), "the");
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
        libraries.unpack(BOTH);
        assertThat(old).doesNotExist();
        assertThat(young).exists();
    }

    @Test
    void aFolderThatCannotBeWrittenIsNamedInOneLine() throws IOException {
        Path file = Files.writeString(temporary.resolve("file"), "in the way");
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> jar.in(file).unpack(BOTH))
                .withMessageContainingAll("cannot be unpacked into " + file, "XDG_CACHE_HOME")
                .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1));
    }

    private static List<String> entries(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
