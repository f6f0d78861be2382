package io.github.unipic.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.DiffusionSteps;
import io.github.unipic.GenerateRequest;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.OutputException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The folder of a batch, also after a kill at any moment. Images are black: only their text counts. */
class BatchFolderTest {
    private static final String FIRST = "{\"prompt\": \"A fox\", \"id\": \"fox\", \"tag\": \"animal\"}\n";
    private static final String SECOND = "{\"prompt\": \"A bear\", \"seed\": 5, \"width\": 32, \"height\": 16}\n";
    private static final String THIRD = "\"A crane\"\n";
    private static final FileTime LONG_AGO = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));

    private static final Duration TIME = Duration.ofMillis(1250);
    private static final PromptsFile.Defaults DEFAULTS =
            (builder, index) -> builder.iterations(2).diffusionSteps(2);
    private static final PromptsFile.Defaults SEEDED =
            (builder, index) -> builder.iterations(2).diffusionSteps(2).seed(100 + index);
    private static final PromptsFile.Defaults OTHER =
            (builder, index) -> builder.iterations(2).diffusionSteps(3);
    private static final List<Shard> HALVES = List.of(new Shard(1, 2), new Shard(2, 2));

    private final AtomicLong randomSeed = new AtomicLong(1000);

    @TempDir
    private Path folder;

    private Path prompts;
    private Path images;
    private Path manifest;

    @BeforeEach
    void writePrompts() throws IOException {
        prompts = folder.resolve("prompts.jsonl");
        images = folder.resolve("images");
        manifest = images.resolve("manifest.jsonl");
        Files.writeString(prompts, FIRST + SECOND + THIRD);
    }

    @Test
    void savesEachImageAndThenItsLine() {
        assertThat(batch(SEEDED)).containsExactly("00000-fox.png", "00001.png", "00002.png");
        assertThat(files()).containsExactly("00000-fox.png", "00001.png", "00002.png", "manifest.jsonl");
        List<ManifestLine> lines = lines();
        assertThat(lines).extracting(ManifestLine::index).containsExactly(0, 1, 2);
        assertThat(lines).extracting(ManifestLine::file).containsExactly("00000-fox.png", "00001.png", "00002.png");
        assertThat(lines).extracting(ManifestLine::prompt).containsExactly("A fox", "A bear", "A crane");
        assertThat(lines).extracting(line -> line.seed().orElseThrow()).containsExactly(100L, 5L, 102L);
        assertThat(lines)
                .extracting(ManifestLine::id)
                .containsExactly(Optional.of("fox"), Optional.empty(), Optional.empty());
        assertThat(lines.get(1).parameters()).contains("\"width\":32,\"height\":16", "\"diffusion_steps\":2");
        assertThat(lines).extracting(ManifestLine::time).containsOnly(Optional.of(TIME));
        assertThat(lines).extracting(ManifestLine::model).containsOnly(Optional.of("tiny"));
        assertThat(Image.read(images.resolve("00002.png"))
                        .request()
                        .orElseThrow()
                        .seed())
                .hasValue(102);
    }

    /** Other programs read it. */
    @Test
    void aLineIsJson() throws IOException {
        batch(SEEDED);
        assertThat(Files.readAllLines(manifest).get(1))
                .isEqualTo("{\"index\":1,\"file\":\"00001.png\",\"prompt\":\"A bear\",\"seed\":5,"
                        + "\"parameters\":{\"width\":32,\"height\":16,\"iterations\":2,\"guidance\":3.0,"
                        + "\"guidance_schedule\":\"linear\",\"temperature\":1.0,\"diffusion_steps\":2},"
                        + "\"requested\":{\"width\":32,\"height\":16,\"iterations\":2,\"diffusion_steps\":2,\"seed\":5},"
                        + "\"model\":\"tiny\",\"seconds\":1.25}");
    }

    /** What {@link BatchFolder#add} shares between threads is the manifest. */
    @Test
    void linesMayBeAppendedByManyThreads() throws Exception {
        int threads = 4;
        int rounds = 25;
        Files.writeString(prompts, "\"" + "fox ".repeat(25_000) + "\"\n"); // which takes time to write
        batch();
        ManifestLine line = lines().get(0);
        CyclicBarrier together = new CyclicBarrier(threads);
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try (BatchManifest open = BatchManifest.open(manifest).orElseThrow()) {
            List<Future<?>> appending = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                appending.add(pool.submit(() -> {
                    for (int round = 0; round < rounds; round++) {
                        together.await();
                        open.append(List.of(line));
                    }
                    return null;
                }));
            }
            for (Future<?> one : appending) {
                one.get();
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(lines()).hasSize(1 + threads * rounds);
    }

    /** As a part of a batch that several machines share has them. */
    @Test
    void indicesMayHaveGapsButAreDifferent() {
        List<BatchEntry> all = PromptsFile.read(prompts).entries();
        List<BatchEntry> part = List.of(all.get(2), all.get(0));
        assertThat(batch(BatchFolder.open(images, "tiny", part))).containsExactly("00000-fox.png", "00002.png");
        assertThat(batch(BatchFolder.open(images, "tiny", part))).isEmpty();
        assertThatThrownBy(() -> BatchFolder.open(images, "tiny", List.of(all.get(0), all.get(0))))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("both have index 0");
    }

    @Test
    void theManifestIsReadWhileABatchDraws() throws IOException {
        assertThatThrownBy(() -> BatchFolder.lines(images))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("manifest.jsonl cannot be read");
        batch();
        Files.writeString(manifest, "{\"index\":3,\"fi", StandardOpenOption.APPEND);
        assertThat(lines()).hasSize(3);
        try (BatchFolder open = BatchFolder.open(images, "tiny", entries(DEFAULTS))) {
            assertThat(open.missing()).isEmpty();
            assertThat(lines()).hasSize(3);
        }
        Files.writeString(manifest, "{\"index\":3}\n", StandardOpenOption.APPEND);
        assertThatThrownBy(this::lines)
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("manifest.jsonl line 4 is damaged");
    }

    @Test
    void nothingIsAddedToAClosedFolder() {
        BatchFolder closed = BatchFolder.open(images, "tiny", entries(DEFAULTS));
        closed.close();
        closed.close();
        BatchEntry entry = closed.missing().get(0);
        assertThatThrownBy(() -> closed.add(entry, draw(entry), TIME)).isInstanceOf(OutputException.class);
        assertThat(lines()).isEmpty();
    }

    @Test
    void aFileWithAnImagesNameIsNotReplaced() throws IOException {
        try (BatchFolder batch = BatchFolder.open(images, "tiny", entries(DEFAULTS))) {
            BatchEntry entry = batch.missing().get(0);
            Path mine = Files.writeString(images.resolve(entry.file()), "mine");
            assertThatThrownBy(() -> batch.add(entry, draw(entry), TIME))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("00000-fox.png was meanwhile created by another program");
            assertThat(mine).hasContent("mine");
        }
        assertThat(lines()).isEmpty();
    }

    @Test
    void openedAgainItMissesNothing() throws IOException {
        batch();
        String before = Files.readString(manifest);
        age();
        assertThat(batch()).isEmpty();
        assertThat(manifest).hasContent(before);
        assertThat(regenerated()).isEmpty();
    }

    @Test
    void anImageWhoseLineWasLostByAKillGetsItAgain() throws IOException {
        batch();
        List<String> before = Files.readAllLines(manifest);
        Files.writeString(manifest, before.get(0) + "\n" + before.get(1) + "\n");
        age();
        assertThat(batch()).isEmpty();
        assertThat(regenerated()).isEmpty();
        List<String> after = Files.readAllLines(manifest);
        // An unset seed was a random one; only the image knows it.
        assertThat(after)
                .containsExactly(
                        before.get(0), before.get(1), before.get(2).replace("\"seconds\":1.25", "\"seconds\":null"));
        assertThat(lines().get(2).time()).isEmpty();
        assertThat(batch()).isEmpty();
        assertThat(manifest).content().isEqualTo(String.join("\n", after) + "\n");
    }

    @Test
    void anIncompleteLineIsCutOff() throws IOException {
        batch();
        String text = Files.readString(manifest);
        int lastLine = text.lastIndexOf('\n', text.length() - 2) + 1;
        for (int length : new int[] {lastLine + 1, lastLine + 30, text.length() - 1}) {
            Files.writeString(manifest, text.substring(0, length));
            age();
            assertThat(batch()).isEmpty();
            assertThat(regenerated()).isEmpty();
            assertThat(lines()).hasSize(3);
        }
    }

    @Test
    void withoutItsManifestTheFolderIsUnderstoodFromTheImages() throws IOException {
        batch();
        Files.delete(manifest);
        Files.delete(images.resolve("00001.png"));
        age();
        assertThat(batch()).containsExactly("00001.png");
        assertThat(regenerated()).containsExactly("00001.png");
        assertThat(lines()).extracting(ManifestLine::index).containsExactlyInAnyOrder(0, 1, 2);
    }

    @Test
    void aDeletedImageIsDrawnAgainAndHasOneLine() throws IOException {
        batch();
        Files.delete(images.resolve("00000-fox.png"));
        age();
        assertThat(batch()).containsExactly("00000-fox.png");
        assertThat(regenerated()).containsExactly("00000-fox.png");
        assertThat(lines()).extracting(ManifestLine::index).containsExactlyInAnyOrder(0, 1, 2);
        assertThat(files()).hasSize(4);
    }

    @Test
    void promptsAddedAtTheEndAreDrawn() throws IOException {
        batch();
        age();
        Files.writeString(prompts, "\"An owl\"\n", StandardOpenOption.APPEND);
        assertThat(batch()).containsExactly("00003.png");
        assertThat(regenerated()).containsExactly("00003.png");
        assertThat(lines()).hasSize(4);
    }

    @Test
    void otherPromptsOrOptionsAreAnErrorThatTouchesNothing() throws IOException {
        batch();
        age();
        String text = Files.readString(manifest);
        refused("another prompt", FIRST.replace("A fox", "A dog") + SECOND + THIRD);
        refused("another prompt or id", FIRST.replace("\"fox\"", "\"dog\"") + SECOND + THIRD);
        refused("line 2", FIRST + SECOND.replace("5", "6") + THIRD);
        refused("only 2 prompts", FIRST + SECOND);
        refused("another prompt", SECOND + FIRST + THIRD);
        refused(
                "other options",
                FIRST + SECOND + THIRD,
                (builder, index) -> builder.iterations(2).diffusionSteps(2).guidance(2));
        // The image knows as well as its line.
        Files.writeString(manifest, "");
        refused("not the image that", FIRST.replace("A fox", "A dog") + SECOND + THIRD);
        refused(
                "not the image that",
                FIRST + SECOND + THIRD,
                (builder, index) -> builder.iterations(2).diffusionSteps(2).seed(1));
        Files.writeString(manifest, text.replace("\"tiny\"", "\"unipic-1.5b\""));
        refused("the model unipic-1.5b", FIRST + SECOND + THIRD);
        Files.writeString(manifest, "{}\n" + text);
        refused("manifest.jsonl line 1 is damaged", FIRST + SECOND + THIRD);
        Files.writeString(manifest, text);
        Files.writeString(prompts, FIRST + SECOND + THIRD);
        assertThat(batch()).isEmpty();
    }

    private void refused(String message, String content) throws IOException {
        refused(message, content, DEFAULTS);
    }

    private void refused(String message, String content, PromptsFile.Defaults defaults) throws IOException {
        Files.writeString(prompts, content);
        List<String> before = Files.readAllLines(manifest);
        assertThatThrownBy(() -> batch(defaults))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContainingAll(images.toString(), message, "choose another folder")
                .message()
                .containsAnyOf("restart the batch", "move the manifest away");
        assertThat(regenerated()).isEmpty();
        assertThat(files()).hasSize(4);
        assertThat(Files.readAllLines(manifest)).isEqualTo(before);
    }

    @Test
    void restartDrawsAllAgainAndLeavesNothingOld() throws IOException {
        batch();
        age();
        Path mine = Files.writeString(images.resolve("notes.txt"), "mine");
        Files.writeString(prompts, "[\"A dog\", \"A cat\"]");
        assertThat(restart()).containsExactly("00000.png", "00001.png");
        assertThat(files()).containsExactly("00000.png", "00001.png", "manifest.jsonl", "notes.txt");
        assertThat(mine).exists();
        assertThat(lines()).extracting(ManifestLine::prompt).containsExactly("A dog", "A cat");
        assertThat(Image.read(images.resolve("00001.png"))
                        .request()
                        .orElseThrow()
                        .prompt())
                .isEqualTo("A cat");
    }

    @Test
    void restartDeletesOnlyImagesOfTheFolder() throws IOException {
        Files.createDirectory(images);
        Path outside = Files.writeString(folder.resolve("00009.png"), "not ours");
        String line = "{\"index\":0,\"file\":\"../00009.png\",\"prompt\":\"x\",\"requested\":{}}\n";
        Files.writeString(manifest, line);
        refusedUntouched("manifest.jsonl line 1", this::restart);
        assertThat(outside).exists();
    }

    @Test
    void aManifestOfSomethingElseIsNotTouched() throws IOException {
        Files.createDirectory(images);
        for (String foreign : List.of(
                "{\"prompt\": \"a cat\", \"image\": \"cat.jpg\"}",
                "{\"prompt\": \"a cat\"}\n{\"prompt\": \"a dog\"}\n",
                "{\"prompt\": \"a cat\"}\n{\"prompt\": \"a d",
                "my notes",
                "{",
                "{\"index\":0,\"id\":\"fox\",\"file\":\"00000-fox.png\",\"pro",
                "{\"index\":0,\"file\":\"cat.png\",\"prompt\":\"x\",\"requested\":{}}\n",
                "\0".repeat(5000),
                "x".repeat(5 << 20))) {
            Files.writeString(manifest, foreign);
            refusedUntouched("manifest.jsonl", this::batch);
            refusedUntouched("manifest.jsonl", this::restart);
            assertThat(files()).containsExactly("manifest.jsonl");
        }
    }

    @Test
    void whatFollowsABatchsLinesIsNotCutOffIfItIsNoLineOfABatch() throws IOException {
        batch();
        Files.writeString(manifest, "# the third one is best", StandardOpenOption.APPEND);
        refusedUntouched("an incomplete line", this::batch);
        refusedUntouched("an incomplete line", this::restart);
    }

    @Test
    void anIncompleteLineAloneIsCutOffIfAnImageTellsWhatItIs() throws IOException {
        batch();
        String text = Files.readString(manifest);
        int first = text.indexOf('\n');
        for (int length : new int[] {1, 12, 40, text.indexOf("\"seconds\":") + 11, first}) {
            Files.writeString(manifest, text.substring(0, length));
            age();
            assertThat(batch()).isEmpty();
            assertThat(regenerated()).isEmpty();
            assertThat(lines()).hasSize(3);
        }
    }

    @Test
    void aManifestThatIsNoFileIsNotTouched() throws IOException {
        Files.createDirectories(manifest.resolve("mine"));
        refusedUntouched("manifest.jsonl is not a file", this::batch);
        refusedUntouched("manifest.jsonl is not a file", this::restart);
        Files.delete(manifest.resolve("mine"));
        Files.delete(manifest);
        Path target = Files.writeString(folder.resolve("target"), "");
        Files.createSymbolicLink(manifest, target);
        refusedUntouched("manifest.jsonl is not a file", this::batch);
        assertThat(manifest).isSymbolicLink();
        assertThat(target).isEmptyFile();
    }

    @Test
    void imagesThatUnipicHasNotDrawnAreNeitherReplacedNorDeleted() throws IOException {
        Files.createDirectory(images);
        Path mine = images.resolve("00001.png");
        ImageIO.write(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB), "png", mine.toFile());
        refusedUntouched("00001.png, which unipic has not generated", this::batch);
        refusedUntouched("00001.png, which unipic has not generated", this::restart);
        Files.writeString(mine, "a text");
        refusedUntouched("00001.png, which unipic has not generated", this::restart);
        Files.delete(mine);
        Files.createDirectory(mine);
        refusedUntouched("00001.png", this::batch);
        Files.delete(mine);
        // With the name of an image that a batch has generated.
        batch();
        ImageIO.write(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB), "png", mine.toFile());
        Path temporary = Files.writeString(images.resolve("manifest.jsonl.tmp"), "mine");
        refusedUntouched("00001.png, which unipic has not generated", this::restart);
        Files.delete(images.resolve("00000-fox.png"));
        assertThat(batch()).containsExactly("00000-fox.png");
        assertThat(temporary).hasContent("mine");
    }

    /** Nothing in the folder changes, and nothing comes to it. */
    private void refusedUntouched(String message, ThrowingCallable opening) throws IOException {
        age();
        Map<String, String> before = contents();
        assertThatThrownBy(opening)
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContainingAll(message, "choose another folder");
        assertThat(contents().equals(before)).as("nothing changes").isTrue();
        assertThat(regenerated()).isEmpty();
    }

    private Map<String, String> contents() throws IOException {
        Map<String, String> contents = new TreeMap<>();
        for (String name : files()) {
            Path file = images.resolve(name);
            contents.put(name, Files.isDirectory(file) ? "" : Files.readString(file, StandardCharsets.ISO_8859_1));
        }
        return contents;
    }

    @Test
    void twoRunsDoNotShareAFolder() {
        try (BatchFolder first = BatchFolder.open(images, "tiny", List.of())) {
            assertThat(first.missing()).isEmpty();
            assertThatThrownBy(this::batch)
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContainingAll("another unipic", images.toString());
        }
        assertThat(batch()).hasSize(3);
    }

    @Test
    void aFileInTheWayOfTheFolderIsNamed() throws IOException {
        Files.writeString(images, "a file");
        assertThatThrownBy(this::batch)
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContainingAll("cannot be used", images.toString());
    }

    // ---- shards, after the whole batch

    @Test
    void shardsThatRestartWithOtherOptionsAreMerged() throws IOException {
        batch(SEEDED);
        for (Shard shard : HALVES) {
            try (BatchFolder killed = BatchFolder.restart(images, "tiny", entries(OTHER), shard)) {
                add(killed, killed.missing().get(0));
            }
            age();
            batch(BatchFolder.open(images, "tiny", entries(OTHER), shard));
            assertThat(regenerated()).as("goes on").hasSize(2 - shard.number());
        }
        assertOther();
        assertThat(batch(OTHER)).isEmpty();
        assertThat(files()).containsExactly("00000-fox.png", "00001.png", "00002.png", "manifest.jsonl");
        assertOther();
        assertThat(lines()).allMatch(line -> line.time().isPresent());
    }

    @Test
    void whatALostShardWasToGenerateAgainIsLeftToTheWholeBatch() {
        batch(SEEDED);
        BatchFolder.restart(images, "tiny", entries(OTHER), HALVES.get(1)).close();
        batch(BatchFolder.restart(images, "tiny", entries(OTHER), HALVES.get(0)));
        assertThat(batch(OTHER)).containsExactly("00001.png");
        assertOther();
    }

    private void assertOther() {
        assertThat(lines()).extracting(ManifestLine::index).containsExactlyInAnyOrder(0, 1, 2);
        assertThat(lines()).allMatch(line -> line.parameters().contains("\"diffusion_steps\":3"));
    }

    @Test
    void anImageThatAShardGeneratedAgainHasTheShardsLine() throws IOException {
        batch();
        Files.delete(images.resolve("00002.png"));
        assertThat(batch(BatchFolder.open(images, "tiny", entries(DEFAULTS), HALVES.get(0))))
                .containsExactly("00002.png");
        assertLinesSayWhatTheImagesSay();
        assertThat(batch()).isEmpty();
        assertThat(Files.readAllLines(manifest)).hasSize(3);
        assertLinesSayWhatTheImagesSay();
    }

    /** Nothing tells which of the two is newer. */
    @Test
    void whereShardsDisagreeTheImageDecides() throws IOException {
        Shard third = new Shard(3, 3);
        for (List<Shard> both : List.of(List.of(HALVES.get(0), third), List.of(third, HALVES.get(0)))) {
            batch(BatchFolder.open(images, "tiny", entries(DEFAULTS), both.get(0)));
            Files.delete(images.resolve("00002.png"));
            assertThat(batch(BatchFolder.open(images, "tiny", entries(DEFAULTS), both.get(1))))
                    .contains("00002.png");
            batch();
            assertThat(Files.readAllLines(manifest)).hasSize(3);
            assertLinesSayWhatTheImagesSay();
            restart();
        }
    }

    private void assertLinesSayWhatTheImagesSay() {
        assertThat(lines()).hasSize(3).allSatisfy(line -> {
            assertThat(line.seed()).isEqualTo(seed(line.file()));
            assertThat(line.time()).hasValue(TIME);
        });
    }

    private OptionalLong seed(String file) {
        return Image.read(images.resolve(file)).request().orElseThrow().seed();
    }

    /** The earlier batch's line is not of the file that the killed shard made. */
    @Test
    void aLineThatARestartedShardLostIsRestoredFromTheImage() throws IOException {
        batch();
        for (Shard next : List.of(HALVES.get(0), new Shard(1, 3), Shard.WHOLE)) {
            restart();
            try (BatchFolder killed = BatchFolder.restart(images, "tiny", entries(DEFAULTS), HALVES.get(0))) {
                saveWithoutLine(killed.missing().get(0));
            }
            assertThat(batch(BatchFolder.open(images, "tiny", entries(DEFAULTS), next)))
                    .isEqualTo(next.has(2) ? List.of("00002.png") : List.of());
            assertThat(BatchManifest.read(BatchManifest.of(images, next)))
                    .filteredOn(line -> line.index() == 0)
                    .singleElement()
                    .satisfies(line -> {
                        assertThat(line.seed()).isEqualTo(seed("00000-fox.png"));
                        assertThat(line.time()).isEmpty();
                    });
        }
    }

    @Test
    void aRestartedShardThatLostALineGoesOnWithOtherOptions() throws IOException {
        batch(SEEDED);
        BatchFolder.restart(images, "tiny", entries(OTHER), HALVES.get(1)).close();
        try (BatchFolder killed = BatchFolder.restart(images, "tiny", entries(OTHER), HALVES.get(0))) {
            killed.missing().forEach(this::saveWithoutLine);
        }
        assertThat(batch(BatchFolder.open(images, "tiny", entries(OTHER), HALVES.get(0))))
                .isEmpty();
        try (BatchFolder killed = BatchFolder.open(images, "tiny", entries(OTHER), HALVES.get(1))) {
            saveWithoutLine(killed.missing().get(0));
        }
        assertThat(batch(OTHER)).isEmpty();
        assertOther();
    }

    /** As after a kill between creating a shard's manifest and copying lines to it. */
    @Test
    void aLineOfTheWholeBatchThatIsTrueIsKept() throws IOException {
        batch();
        Files.createFile(BatchManifest.of(images, HALVES.get(0)));
        BatchFolder.open(images, "tiny", entries(DEFAULTS), HALVES.get(0)).close();
        assertLinesSayWhatTheImagesSay();
    }

    @Test
    void shardsThatRestartWithOtherPromptsLeaveNothingOld() throws IOException {
        batch(SEEDED);
        Files.writeString(prompts, FIRST.replace("\"fox\"", "\"dog\"") + SECOND);
        for (Shard shard : HALVES) {
            batch(BatchFolder.restart(images, "tiny", entries(OTHER), shard));
        }
        assertThat(files())
                .containsExactly(
                        "00000-dog.png",
                        "00001.png",
                        "manifest-1-of-2.jsonl",
                        "manifest-2-of-2.jsonl",
                        "manifest.jsonl");
        assertThat(batch(OTHER)).isEmpty();
        assertThat(files()).containsExactly("00000-dog.png", "00001.png", "manifest.jsonl");
        assertThat(lines()).extracting(ManifestLine::file).containsExactlyInAnyOrder("00000-dog.png", "00001.png");
    }

    @Test
    void aShardThatRestartsDeletesOnlyWhatABatchGenerated() throws IOException {
        batch();
        Path mine = images.resolve("00002.png");
        Files.delete(mine);
        ImageIO.write(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB), "png", mine.toFile());
        Files.writeString(prompts, FIRST + SECOND);
        refusedUntouched(
                "00002.png, which unipic has not generated",
                () -> BatchFolder.restart(images, "tiny", entries(DEFAULTS), HALVES.get(0)));
    }

    /** As in a layout whose files are named by something else than the index. */
    @Test
    void aShardThatRestartsLeavesWhatIsAnotherShardsNow() {
        List<BatchEntry> entries = entries(SEEDED);
        batch(BatchFolder.open(
                images, "tiny", List.of(placed(entries.get(0), 0, "a/x.png"), placed(entries.get(1), 1, "a/y.png"))));
        List<BatchEntry> swapped = List.of(placed(entries.get(1), 0, "a/y.png"), placed(entries.get(0), 1, "a/x.png"));
        for (Shard shard : HALVES) {
            assertThat(batch(BatchFolder.restart(images, "tiny", swapped, shard)))
                    .hasSize(1);
        }
        assertThat(batch(BatchFolder.open(images, "tiny", swapped))).isEmpty();
        assertThat(lines()).extracting(ManifestLine::file).containsExactly("a/y.png", "a/x.png");
    }

    private static BatchEntry placed(BatchEntry entry, int index, String file) {
        return new BatchEntry(index, Optional.empty(), file, entry.origin(), entry.task());
    }

    @Test
    void aShardTakesTheLineOfAnotherThatHasRestarted() throws IOException {
        Shard half = HALVES.get(0);
        batch(BatchFolder.open(images, "tiny", entries(DEFAULTS), half));
        batch(BatchFolder.restart(images, "tiny", entries(DEFAULTS), new Shard(1, 3)));
        assertThat(batch(BatchFolder.open(images, "tiny", entries(DEFAULTS), half)))
                .isEmpty();
        assertThat(BatchManifest.read(BatchManifest.of(images, half)))
                .hasSize(2)
                .allSatisfy(line -> {
                    assertThat(line.seed()).isEqualTo(seed(line.file()));
                    assertThat(line.time()).hasValue(TIME);
                });
        for (int number : new int[] {1, 3}) {
            batch(BatchFolder.restart(images, "tiny", entries(OTHER), new Shard(number, 3)));
        }
        assertThat(batch(BatchFolder.open(images, "tiny", entries(OTHER), half)))
                .isEmpty();
    }

    /** A job of a cluster writes the manifest of the whole batch, whatever shards are there. */
    @Test
    void aShardsLineOfAnEarlierImageIsNotTaken() throws IOException {
        batch();
        BatchFolder.open(images, "tiny", entries(DEFAULTS), HALVES.get(0)).close();
        Files.delete(images.resolve("00000-fox.png"));
        List<String> text = new ArrayList<>(Files.readAllLines(manifest));
        text.set(0, saveWithoutLine(entries(DEFAULTS).get(0)).toString());
        Files.write(manifest, text);
        assertThat(batch()).isEmpty();
        assertLinesSayWhatTheImagesSay();
    }

    /** Also where an image could be of either: an unset seed may be any. */
    @Test
    void otherOptionsOfShardsThatHaveRestartedAreAnError() throws IOException {
        batch();
        for (Shard shard : HALVES) {
            batch(BatchFolder.restart(images, "tiny", entries(SEEDED), shard));
        }
        refusedUntouched("generated with other options", this::batch);
        assertThat(batch(SEEDED)).isEmpty();
    }

    /** An image does not say its model. */
    @Test
    void anotherModelOfShardsThatHaveRestartedIsAnError() throws IOException {
        batch(SEEDED);
        for (Shard shard : HALVES) {
            batch(BatchFolder.restart(images, "large", entries(SEEDED), shard));
        }
        refusedUntouched("the model large", () -> batch(SEEDED));
        assertThat(batch(BatchFolder.open(images, "large", entries(SEEDED)))).isEmpty();
        assertThat(lines()).extracting(ManifestLine::model).containsOnly(Optional.of("large"));
    }

    // ----

    private List<BatchEntry> entries(PromptsFile.Defaults defaults) {
        return PromptsFile.read(prompts, defaults).entries();
    }

    /** Draws what is missing, and gives the names of the files. */
    private List<String> batch() {
        return batch(DEFAULTS);
    }

    private List<String> batch(PromptsFile.Defaults defaults) {
        return batch(BatchFolder.open(images, "tiny", entries(defaults)));
    }

    private List<String> restart() {
        return batch(BatchFolder.restart(images, "tiny", entries(DEFAULTS)));
    }

    private List<String> batch(BatchFolder opened) {
        List<String> generated = new ArrayList<>();
        try (BatchFolder batch = opened) {
            for (BatchEntry entry : batch.missing()) {
                add(batch, entry);
                generated.add(entry.file());
            }
        }
        return generated;
    }

    /** What a kill between both leaves. */
    private ManifestLine saveWithoutLine(BatchEntry entry) {
        return new BatchFiles(images, "tiny").save(entry, draw(entry), TIME);
    }

    private void add(BatchFolder batch, BatchEntry entry) {
        batch.add(entry, draw(entry), TIME);
    }

    /** A black image that says what one by a model says. */
    private Image draw(BatchEntry entry) {
        GenerateRequest asked = ((BatchTask.Generate) entry.task()).request();
        int width = asked.width().orElse(64);
        int height = asked.height().orElse(64);
        GenerateRequest request = asked.toBuilder()
                .size(width, height)
                .iterations(asked.iterations().orElse(2))
                .guidance(asked.guidance().orElse(3))
                .guidanceSchedule(asked.guidanceSchedule().orElse(GuidanceSchedule.LINEAR))
                .temperature(asked.temperature().orElse(1))
                .diffusionSteps(asked.diffusionSteps().orElse(DiffusionSteps.constant(2)))
                .seed(asked.seed().orElseGet(randomSeed::incrementAndGet))
                .build();
        return Image.ofRgb(width, height, new byte[width * height * 3]).withMetadata(request.toMetadata());
    }

    private List<ManifestLine> lines() {
        return BatchFolder.lines(images);
    }

    private List<String> files() {
        try (Stream<Path> list = Files.list(images)) {
            return list.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes the images old, so that those written after this can be told. */
    private void age() throws IOException {
        for (String name : files()) {
            Files.setLastModifiedTime(images.resolve(name), LONG_AGO);
        }
    }

    private List<String> regenerated() throws IOException {
        List<String> regenerated = new ArrayList<>();
        for (String name : files()) {
            if (name.endsWith(".png")
                    && !Files.getLastModifiedTime(images.resolve(name)).equals(LONG_AGO)) {
                regenerated.add(name);
            }
        }
        return regenerated;
    }
}
