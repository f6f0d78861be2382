package io.github.unipic.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.Cancellation;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.UniPic;
import io.github.unipic.testing.ChildJvm;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A batch that several processes share. */
class ShardTest {
    private static final int ENTRIES = 19;
    private static final int SHARDS = 8;
    private static final int KILLED = 137;
    private static final FileTime LONG_AGO = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));

    @TempDir
    private Path folder;

    private Path prompts;
    private Path whole;
    private Path shared;

    @BeforeEach
    void write() throws IOException {
        whole = folder.resolve("whole");
        shared = folder.resolve("shared");
        prompts = folder.resolve("prompts.jsonl");
        Files.writeString(
                prompts,
                IntStream.range(0, ENTRIES)
                        .mapToObj(i -> "{\"prompt\": \"image " + i + "\"}\n")
                        .collect(Collectors.joining()));
    }

    @Test
    void eachEntryIsInOneShard() {
        List<BatchEntry> all = entries(prompts);
        List<BatchEntry> shards = new ArrayList<>();
        for (int i = 1; i <= SHARDS; i++) {
            List<BatchEntry> shard = new Shard(i, SHARDS).of(all);
            assertThat(shard.size()).isBetween(ENTRIES / SHARDS, ENTRIES / SHARDS + 1);
            shards.addAll(shard);
        }
        assertThat(shards).containsExactlyInAnyOrderElementsOf(all);
        assertThat(new Shard(3, 8).of(all)).extracting(BatchEntry::index).containsExactly(2, 10, 18);
        assertThat(Shard.WHOLE.of(all)).isEqualTo(all);
        assertThat(Shard.parse("3/8")).isEqualTo(new Shard(3, 8)).hasToString("3/8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0/8", "9/8", "3", "3/0", "-1/8", "3/8/2", "a/b", "1/200000", ""})
    void otherFormsAreRefused(String text) {
        assertThatThrownBy(() -> Shard.parse(text))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageStartingWith("a shard must be ");
    }

    @Test
    void eightAtOnceMakeWhatOneMakes() throws Exception {
        try (UniPic unipic = load()) {
            assertThat(run(unipic, whole, prompts, Shard.WHOLE)).isEqualTo(ENTRIES);
            ExecutorService pool = Executors.newFixedThreadPool(SHARDS);
            List<Future<Integer>> shards = new ArrayList<>();
            for (int i = 1; i <= SHARDS; i++) {
                Shard shard = new Shard(i, SHARDS);
                shards.add(pool.submit(() -> run(unipic, shared, prompts, shard)));
            }
            int generated = 0;
            for (Future<Integer> shard : shards) {
                generated += shard.get(120, TimeUnit.SECONDS);
            }
            pool.shutdownNow();
            assertThat(generated).isEqualTo(ENTRIES);
            assertThat(images(shared)).isEqualTo(images(whole));
            assertThat(manifests(shared))
                    .containsExactlyElementsOf(IntStream.rangeClosed(1, SHARDS)
                            .mapToObj(i -> "manifest-" + i + "-of-8.jsonl")
                            .toList());
            assertThat(BatchFolder.lines(shared)).hasSize(ENTRIES);

            // The whole batch has nothing left to do, and one manifest, with the times of the shards.
            age();
            assertThat(run(unipic, shared, prompts, Shard.WHOLE)).isZero();
            assertThat(manifests(shared)).containsExactly("manifest.jsonl");
            assertThat(BatchFolder.lines(shared))
                    .hasSize(ENTRIES)
                    .allSatisfy(line -> assertThat(line.time()).isPresent());
            // Neither have shards of another number, also where the whole batch has the lines.
            assertThat(run(unipic, shared, prompts, new Shard(2, 3))).isZero();
            assertThat(Files.readAllLines(shared.resolve("manifest-2-of-3.jsonl")))
                    .hasSize(6)
                    .noneMatch(line -> line.contains("\"seconds\":null"));
            assertThat(untouched()).isEqualTo(ENTRIES);
        }
    }

    /** By halting after a file and before its line, and once more in the middle of a line. */
    @Test
    void aKilledShardGoesOn() throws Exception {
        Process killed = new ProcessBuilder(
                        ChildJvm.command(Halting.class, List.of(), List.of(prompts.toString(), shared.toString())))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile())
                .start();
        assertThat(killed.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(killed.exitValue())
                .as(Files.readString(folder.resolve("output")))
                .isEqualTo(KILLED);
        assertThat(images(shared)).containsOnlyKeys("00002.png", "00010.png");
        Path manifest = shared.resolve("manifest-3-of-8.jsonl");
        assertThat(Files.readAllLines(manifest)).hasSize(1);
        Files.writeString(manifest, "{\"index\":10,\"fi", StandardOpenOption.APPEND);
        age();
        try (UniPic unipic = load()) {
            Shard third = new Shard(3, SHARDS);
            assertThat(run(unipic, shared, prompts, third)).isEqualTo(1);
            assertThat(untouched()).isEqualTo(2);
            assertThat(BatchFolder.lines(shared))
                    .extracting(ManifestLine::index)
                    .containsExactly(2, 10, 18);
            assertThat(run(unipic, whole, prompts, third)).isEqualTo(3);
            assertThat(images(shared)).isEqualTo(images(whole));
        }
    }

    @Test
    void aShardIsRunByOneProcessAndTheWholeByNoneMeanwhile() {
        List<BatchEntry> entries = entries(prompts);
        try (BatchFolder first = BatchFolder.open(shared, "small", entries, new Shard(2, 8))) {
            assertThat(first.missing()).hasSize(3);
            for (Shard busy : List.of(new Shard(2, 8), Shard.WHOLE)) {
                assertThatThrownBy(() -> BatchFolder.open(shared, "small", entries, busy))
                        .isInstanceOf(InvalidRequestException.class)
                        .hasMessageContaining("another unipic writes to ");
            }
            List<Shard> others = List.of(new Shard(1, 8), new Shard(3, 8));
            others.forEach(
                    free -> BatchFolder.open(shared, "small", entries, free).close());
            assertThatThrownBy(() -> BatchFolder.open(shared, "small", entries))
                    .hasMessageContaining("another unipic writes to ");
            // The refused one has kept no lock.
            others.forEach(
                    free -> BatchFolder.open(shared, "small", entries, free).close());
        }
        BatchFolder.open(shared, "small", entries).close();
        assertThat(manifests(shared)).containsExactly("manifest.jsonl");
    }

    @Test
    void otherPromptsOrAnotherModelInAShardsManifestAreAnErrorThatTouchesNothing() throws IOException {
        try (UniPic unipic = load()) {
            run(unipic, shared, prompts, new Shard(3, 8));
        }
        assertThatThrownBy(() -> BatchFolder.open(shared, "large", entries(prompts)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("images of the model small, but this one is large");
        Files.writeString(prompts, Files.readString(prompts).replace("image 10", "image ten"));
        for (Shard shard : List.of(Shard.WHOLE, new Shard(3, 8), new Shard(1, 2))) {
            assertThatThrownBy(() -> BatchFolder.open(shared, "small", entries(prompts), shard))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("for another prompt or id");
        }
        assertThat(manifests(shared)).containsExactly("manifest-3-of-8.jsonl");
        Path mine = Files.writeString(shared.resolve("manifest-1-of-2.jsonl"), "my notes");
        assertThatThrownBy(() -> BatchFolder.restart(shared, "small", entries(prompts)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("manifest-1-of-2.jsonl ends with an incomplete line");
        assertThat(mine).hasContent("my notes");
        assertThat(images(shared)).hasSize(3);
        Files.delete(mine);
        // Restarting a shard deletes only its own.
        BatchFolder.restart(shared, "small", entries(prompts), new Shard(3, 9)).close();
        assertThat(images(shared)).containsOnlyKeys("00010.png", "00018.png");
    }

    /** The main class of a process that is killed: it halts once the second image of shard 3/8 is there. */
    static final class Halting {
        public static void main(String[] args) {
            Path folder = Path.of(args[1]);
            UniPic unipic = load();
            BatchFolder batch = BatchFolder.open(folder, "small", entries(Path.of(args[0])), new Shard(3, SHARDS));
            batch.run(unipic, batch.missing().get(0), new Cancellation(), p -> {});
            new BatchFiles(folder, "small").run(unipic, batch.missing().get(1), new Cancellation(), p -> {});
            Runtime.getRuntime().halt(KILLED);
        }
    }

    private static UniPic load() {
        return UniPic.builder(SmallModel.folder()).threads(1).load();
    }

    private static List<BatchEntry> entries(Path prompts) {
        return PromptsFile.read(
                        prompts,
                        (builder, index) -> builder.iterations(2)
                                .diffusionSteps(2)
                                .size(32, 32)
                                .seed(7 + index))
                .entries();
    }

    /** Runs what is missing, and gives its number. */
    private static int run(UniPic unipic, Path folder, Path prompts, Shard shard) {
        try (BatchFolder batch = BatchFolder.open(folder, "small", entries(prompts), shard)) {
            batch.missing().forEach(entry -> batch.run(unipic, entry, new Cancellation(), p -> {}));
            return batch.missing().size();
        }
    }

    private static Map<String, List<Byte>> images(Path folder) throws IOException {
        Map<String, List<Byte>> images = new TreeMap<>();
        for (String name : names(folder)) {
            if (name.endsWith(".png")) {
                List<Byte> bytes = new ArrayList<>();
                for (byte value : Files.readAllBytes(folder.resolve(name))) {
                    bytes.add(value);
                }
                images.put(name, bytes);
            }
        }
        return images;
    }

    private static List<String> manifests(Path folder) {
        try {
            return names(folder).stream().filter(name -> !name.endsWith(".png")).toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private void age() throws IOException {
        for (String name : images(shared).keySet()) {
            Files.setLastModifiedTime(shared.resolve(name), LONG_AGO);
        }
    }

    private int untouched() throws IOException {
        int untouched = 0;
        for (String name : images(shared).keySet()) {
            untouched += Files.getLastModifiedTime(shared.resolve(name)).equals(LONG_AGO) ? 1 : 0;
        }
        return untouched;
    }
}
