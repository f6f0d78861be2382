package io.github.unipic.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.unipic.GenerateRequest;
import io.github.unipic.InvalidRequestException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The name and the lock of a manifest. */
class BatchManifestTest {
    private static final Shard FIRST = new Shard(1, 2);
    private static final List<BatchEntry> ENTRIES = IntStream.range(0, 2)
            .mapToObj(i -> BatchEntry.of(
                    i,
                    Optional.empty(),
                    "line " + i,
                    new BatchTask.Generate(GenerateRequest.builder("a fox").build())))
            .toList();

    @TempDir
    private Path folder;

    private Path manifest;

    @BeforeEach
    void name() {
        manifest = BatchManifest.of(folder, FIRST);
    }

    @Test
    void itsNameSaysWhoseItIs() {
        assertThat(BatchManifest.shard(manifest)).hasValue(FIRST);
        assertThat(BatchManifest.shard(BatchManifest.of(folder, Shard.WHOLE))).isEmpty();
        assertThat(BatchManifest.shard(folder.resolve("manifest-9-of-8.jsonl"))).isEmpty();
    }

    /** Closing any channel of a file ends all of the process's locks on it. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void nothingElseThatThisProcessDoesEndsTheLock() throws IOException {
        try (BatchFolder open = open(FIRST)) {
            assumeThat(isLocked()).as("the system tells its locks").isTrue();
            assertThat(BatchFolder.lines(folder)).isEmpty();
            assertThat(isLocked()).as("after reading").isTrue();
            for (Shard busy : List.of(FIRST, Shard.WHOLE)) {
                assertThatThrownBy(() -> open(busy)).isInstanceOf(InvalidRequestException.class);
                assertThat(isLocked()).as("after opening %s", busy).isTrue();
            }
            open(new Shard(2, 2)).close();
            assertThat(isLocked()).as("after opening another shard").isTrue();
            assertThat(open.missing()).hasSize(1);
        }
        assertThat(isLocked()).isFalse();
    }

    private boolean isLocked() throws IOException {
        String process = " " + ProcessHandle.current().pid() + " ";
        String file = ":" + Files.getAttribute(manifest, "unix:ino") + " ";
        return Files.readAllLines(Path.of("/proc/locks")).stream()
                .anyMatch(lock -> lock.contains(process) && lock.contains(file));
    }

    /** On Windows nobody else can read locked bytes. */
    @Test
    void theContentIsNotLocked() throws IOException {
        try (BatchFolder open = open(FIRST);
                FileChannel channel = FileChannel.open(manifest, StandardOpenOption.WRITE)) {
            channel.lock(0, 1L << 40, false).close(); // an exception if a locked byte is among these
            assertThat(open.missing()).hasSize(1);
        }
    }

    /** They locked all bytes. */
    @Test
    void earlierVersionsAreKeptOutAndHeeded() throws IOException {
        try (BatchFolder open = open(FIRST);
                FileChannel earlier = FileChannel.open(manifest, StandardOpenOption.WRITE)) {
            assertThatThrownBy(earlier::tryLock).isInstanceOf(OverlappingFileLockException.class);
            assertThat(open.missing()).hasSize(1);
        }
        try (FileChannel earlier = FileChannel.open(manifest, StandardOpenOption.WRITE)) {
            earlier.lock();
            assertThatThrownBy(() -> open(FIRST))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("another unipic writes to ");
        }
    }

    @Test
    void anInterruptedThreadReadsWithoutClosingTheManifest() throws IOException {
        try (BatchManifest open = BatchManifest.create(manifest)) {
            Thread.currentThread().interrupt();
            assertThat(BatchManifest.read(manifest)).isEmpty();
            assertThat(Thread.interrupted()).isTrue();
            open.append(List.of());
        }
    }

    private BatchFolder open(Shard shard) {
        return BatchFolder.open(folder, "tiny", ENTRIES, shard);
    }
}
