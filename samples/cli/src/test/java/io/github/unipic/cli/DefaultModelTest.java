package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.ModelFormatException;
import io.github.unipic.ModelInfo;
import io.github.unipic.UniPic;
import io.github.unipic.conformance.EmbeddedCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exports and loads the built-in checkpoint; after the first test the one of random weights, which is smaller. */
class DefaultModelTest {
    @TempDir
    private Path cache;

    @Test
    void isExportedOnceAndThenReused() throws IOException {
        DefaultModel trained = new DefaultModel(cache("a"), EmbeddedCheckpoint.TRAINED, (written, total, graph) -> {});
        assertThat(load(trained)).isEqualTo(cache.resolve("1.0/colored-shapes-a"));
        FileTime first = Files.getLastModifiedTime(cache.resolve("1.0/colored-shapes-a/unipic.json"));
        load(trained);
        assertThat(Files.getLastModifiedTime(cache.resolve("1.0/colored-shapes-a/unipic.json")))
                .isEqualTo(first);
        assertThat(entries()).containsExactly("colored-shapes-a");
    }

    @Test
    void anotherBuildExportsAgainAndStaleOnesAreDeleted() throws IOException {
        Path stale = Files.createDirectories(cache.resolve("1.0/colored-shapes-a"));
        Files.createDirectory(cache.resolve("1.0/colored-shapes-b"));
        Files.setLastModifiedTime(stale, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
        assertThat(load(model("c"))).isEqualTo(cache.resolve("1.0/colored-shapes-c"));
        assertThat(entries()).containsExactly("colored-shapes-b", "colored-shapes-c");
    }

    @Test
    void aDamagedModelIsExportedOnceMore() throws IOException {
        // As a full disk or a crash leaves it.
        Files.createDirectories(cache.resolve("1.0/colored-shapes-a"));
        assertThat(load(model("a"))).isEqualTo(cache.resolve("1.0/colored-shapes-a"));
        assertThat(entries()).containsExactly("colored-shapes-a");
    }

    @Test
    void changedWeightsAreNoticedAndExportedOnceMore() throws IOException {
        Path folder = load(model("a"));
        assertThat(DefaultModel.mayHaveChanged(folder)).isFalse();
        Path file = folder.resolve("mar_decoder.data");
        byte[] right = Files.readAllBytes(file);
        byte[] wrong = right.clone();
        wrong[wrong.length / 2] ^= 1;
        Files.write(file, wrong);
        assertThat(DefaultModel.mayHaveChanged(folder)).isTrue();
        model("a").load(DefaultModelTest::verified).close();
        assertThat(file).hasBinaryContent(right);
        assertThat(DefaultModel.mayHaveChanged(folder)).isFalse();
    }

    private static UniPic verified(Path folder) {
        return UniPic.builder(folder)
                .verifyChecksums(DefaultModel.mayHaveChanged(folder))
                .load();
    }

    @Test
    void aModelThatStaysDamagedIsReported() throws IOException {
        Files.createDirectories(cache.resolve("1.0/colored-shapes-a"));
        int[] loads = {0};
        assertThatThrownBy(() -> model("a").load(folder -> {
                    loads[0]++;
                    throw new ModelFormatException("still damaged");
                }))
                .hasMessage("still damaged");
        assertThat(loads[0]).isEqualTo(2);
    }

    @Test
    void anInterruptedExportLeavesNothing() throws IOException {
        DefaultModel interrupted = new DefaultModel(cache("a"), EmbeddedCheckpoint.RANDOM, (written, total, graph) -> {
            throw new IllegalStateException("interrupted");
        });
        assertThatThrownBy(() -> load(interrupted)).hasMessage("interrupted");
        assertThat(entries()).isEmpty();
    }

    @Test
    void whoStartsAtTheSameTimeSharesOneModel() throws Exception {
        int processes = 2;
        CyclicBarrier start = new CyclicBarrier(processes);
        Callable<Path> process = () -> {
            // All are past the check for an existing folder before any has one.
            DefaultModel model = new DefaultModel(cache("a"), EmbeddedCheckpoint.RANDOM, new FirstCall(start));
            return load(model);
        };
        ExecutorService threads = Executors.newFixedThreadPool(processes);
        try {
            for (Future<Path> loaded : threads.invokeAll(List.of(process, process))) {
                assertThat(loaded.get()).isEqualTo(cache.resolve("1.0/colored-shapes-a"));
            }
        } finally {
            threads.shutdown();
        }
        assertThat(entries()).containsExactly("colored-shapes-a");
    }

    @Test
    void anUnwritableCacheIsNamed() throws IOException {
        Path file = Files.createFile(cache.resolve("file"));
        assertThatThrownBy(() -> load(new DefaultModel(
                        new BuildCache(file.resolve("1.0"), "a"),
                        EmbeddedCheckpoint.RANDOM,
                        (written, total, graph) -> {})))
                .hasMessageContainingAll("cache folder", "set UNIPIC_CACHE to another folder")
                .hasMessageContaining(file.toString());
    }

    /** Waits for the others at its first call. */
    private static final class FirstCall implements io.github.unipic.export.ExportListener {
        private final CyclicBarrier barrier;
        private boolean called;

        FirstCall(CyclicBarrier barrier) {
            this.barrier = barrier;
        }

        @Override
        public void onProgress(long written, long total, String graph) {
            if (!called) {
                called = true;
                try {
                    barrier.await(60, java.util.concurrent.TimeUnit.SECONDS);
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }

    private BuildCache cache(String build) {
        return new BuildCache(cache.resolve("1.0"), build);
    }

    private DefaultModel model(String build) {
        return new DefaultModel(cache(build), EmbeddedCheckpoint.RANDOM, (written, total, graph) -> {});
    }

    private static Path load(DefaultModel model) {
        try (UniPic unipic = model.load(UniPic::load)) {
            ModelInfo info = unipic.info();
            return info.folder();
        }
    }

    private List<String> entries() throws IOException {
        try (Stream<Path> list = Files.list(cache.resolve("1.0"))) {
            return list.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
