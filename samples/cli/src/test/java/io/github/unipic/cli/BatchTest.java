package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.unipic.Cancellation;
import io.github.unipic.Image;
import io.github.unipic.batch.BatchFolder;
import io.github.unipic.testing.Folders;
import io.github.unipic.testing.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code unipic batch} on the small model. The batch module tests the possible content of a folder. */
class BatchTest {
    private static final String FIRST = "{\"prompt\": \"A fox\", \"id\": \"fox\", \"tag\": \"animal\"}\n";
    private static final String SECOND = "{\"prompt\": \"A bear\", \"seed\": 5, \"width\": 32, \"height\": 16}\n";
    private static final String THIRD = "\"A crane\"\n";
    private static final FileTime LONG_AGO = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));

    /** A batch of these prompts that was drawn. */
    @TempDir
    private static Path drawn;

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

    /** Has the batch drawn, as an earlier run does: once for all tests. */
    private void drawBefore() throws IOException {
        Path before = drawn.resolve("images");
        if (Files.exists(before)) {
            Folders.copy(before, images);
        } else {
            assertThat(batch().exitCode()).isZero();
            Folders.copy(images, before);
        }
    }

    @Test
    void drawsEachPromptAndTellsOfItInTheManifest() throws IOException {
        CommandLineRun run = batch("--seed", "100");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.outLines().get(0)).isEqualTo("Wrote 3 of 3 images to " + images);
        assertThat(run.err()).contains("ignored: tag");
        assertThat(files()).containsExactly("00000-fox.png", "00001.png", "00002.png", "manifest.jsonl");
        List<JsonNode> lines = lines();
        assertThat(lines).extracting(line -> line.path("index").asInt()).containsExactly(0, 1, 2);
        assertThat(lines)
                .extracting(line -> line.path("file").asText())
                .containsExactly("00000-fox.png", "00001.png", "00002.png");
        assertThat(lines).extracting(line -> line.path("seed").asInt()).containsExactly(100, 5, 102);
        assertThat(lines.get(0).path("id").asText()).isEqualTo("fox");
        assertThat(lines.get(1).path("prompt").asText()).isEqualTo("A bear");
        assertThat(lines.get(1).path("parameters").path("width").asInt()).isEqualTo(32);
        assertThat(lines.get(1).path("parameters").path("diffusion_steps").asInt())
                .isEqualTo(2);
        assertThat(lines).allSatisfy(line -> {
            assertThat(line.path("seconds").isNumber()).isTrue();
            assertThat(line.path("model").asText()).isEqualTo("checkpoint");
        });
        assertThat(image("00001.png").width()).isEqualTo(32);
        assertThat(image("00002.png").request().orElseThrow().seed()).hasValue(102);
    }

    @Test
    void editsInpaintsAndDescribesToo() throws IOException {
        TestImages.gradient(64, 64).save(folder.resolve("fox.png"));
        TestImages.cornerMask(64, 64, 32, 32).save(folder.resolve("mask.png"));
        Files.writeString(prompts, """
                {"image": "fox.png", "prompt": "Make it night"}
                {"image": "fox.png", "mask": "mask.png", "prompt": "A bear"}
                {"image": "fox.png", "question": "What is it?", "max_tokens": 2, "top_q": 1}
                """);
        CommandLineRun run = batch("--seed", "100", "--size", "64");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.outLines().get(0)).isEqualTo("Wrote 3 of 3 results to " + images);
        assertThat(run.err()).contains("ignored: top_q");
        assertThat(files()).containsExactly("00000.png", "00001.png", "00002.json", "manifest.jsonl");
        assertThat(lines().get(2).path("answer").asText()).isNotEmpty();
        assertThat(lines()).extracting(line -> line.path("seed").asInt()).containsExactly(100, 101, 102);
        age();
        assertThat(batch("--seed", "100", "--size", "64").err()).contains("3 of 3 results already exist");
        assertThat(regenerated()).isEmpty();
        Files.delete(folder.resolve("mask.png"));
        assertThat(batch("--seed", "100", "--size", "64").errLines())
                .last()
                .asString()
                .contains("prompts.jsonl line 2: there is no file " + folder.resolve("mask.png"));
    }

    @Test
    void shardsMakeOneBatch() throws IOException {
        batch("--seed", "100");
        Path alone = folder.resolve("alone");
        Files.move(images, alone);
        for (String shard : List.of("2/2", "1/2")) {
            assertThat(batch("--seed", "100", "-q", "--shard", shard).exitCode())
                    .isZero();
        }
        assertThat(files())
                .containsExactly(
                        "00000-fox.png", "00001.png", "00002.png", "manifest-1-of-2.jsonl", "manifest-2-of-2.jsonl");
        for (String name : List.of("00000-fox.png", "00001.png", "00002.png")) {
            assertThat(images.resolve(name)).hasSameBinaryContentAs(alone.resolve(name));
        }
        age();
        CommandLineRun whole = batch("--seed", "100");
        assertThat(whole.outLines().get(0)).isEqualTo("Wrote 0 of 3 images to " + images);
        assertThat(files()).containsExactly("00000-fox.png", "00001.png", "00002.png", "manifest.jsonl");
        assertThat(regenerated()).isEmpty();
        assertThat(batch("--shard", "3/2").err()).contains("'--shard'", "a shard must be 1/N to N/N");
    }

    @Test
    void ignoredKeysCannotPassForOtherLines() throws IOException {
        Files.writeString(prompts, "{\"prompt\": \"a\", \"k\\u001b\\nDone\": 1}");
        assertThat(batch().errLines()).contains("These keys are unknown and ignored: k\uFFFD Done");
    }

    @Test
    void startedAgainItDrawsNothingTwice() throws IOException {
        drawBefore();
        List<JsonNode> before = lines();
        age();
        CommandLineRun run = batch("-q");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out() + run.err()).isEmpty();
        assertThat(lines()).isEqualTo(before);
        assertThat(regenerated()).isEmpty();
    }

    @Test
    void aCancelledBatchGoesOnWhereItStopped() throws IOException {
        Cancellation cancellation = new Cancellation();
        cancellation.cancel();
        CommandLineRun cancelled = CommandLineRun.in(CommandLineRun.SMALL, cancellation, command());
        assertThat(cancelled.exitCode()).isEqualTo(130);
        assertThat(cancelled.errLines())
                .endsWith(
                        "0 of 3 images are in " + images + "; the same command generates the rest.",
                        "unipic: cancelled");
        assertThat(files()).containsExactly("manifest.jsonl");
        assertThat(batch().exitCode()).isZero();
        assertThat(lines()).hasSize(3);
    }

    @Test
    void anImageWhoseLineWasLostByAKillGetsItAgain() throws IOException {
        drawBefore();
        List<String> text = Files.readAllLines(manifest);
        List<JsonNode> before = lines();
        Files.writeString(manifest, text.get(0) + "\n" + text.get(1) + "\n");
        age();
        CommandLineRun run = batch();
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err()).contains("3 of 3 images already exist");
        assertThat(regenerated()).isEmpty();
        List<JsonNode> after = lines();
        assertThat(after).hasSize(3);
        // An unset seed was a random one; only the image knows it.
        assertThat(after.get(2).path("seed")).isEqualTo(before.get(2).path("seed"));
        assertThat(after.get(2).path("parameters")).isEqualTo(before.get(2).path("parameters"));
        assertThat(after.get(2).path("seconds").isNull()).isTrue();
        assertThat(batch().exitCode()).isZero();
        assertThat(lines()).isEqualTo(after);
    }

    @Test
    void promptsAddedAtTheEndAreDrawn() throws IOException {
        drawBefore();
        age();
        Files.writeString(prompts, "\"An owl\"\n", StandardOpenOption.APPEND);
        CommandLineRun run = batch();
        assertThat(run.outLines().get(0)).startsWith("Wrote 1 of 4");
        assertThat(regenerated()).containsExactly("00003.png");
        assertThat(lines()).hasSize(4);
    }

    @Test
    void otherPromptsOrOptionsAreAnErrorThatTouchesNothing() throws IOException {
        drawBefore();
        age();
        refused("another prompt", FIRST.replace("A fox", "A dog") + SECOND + THIRD);
        refused("other options", FIRST + SECOND + THIRD, "--guidance", "2");
    }

    private void refused(String message, String content, String... options) throws IOException {
        Files.writeString(prompts, content);
        List<String> before = Files.readAllLines(manifest);
        CommandLineRun run = batch(concat(new String[] {"-q"}, options));
        assertThat(run.errLines())
                .hasSize(1)
                .first()
                .asString()
                .contains(images.toString(), message, "choose another folder, or restart the batch");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(regenerated()).isEmpty();
        assertThat(files()).hasSize(4);
        assertThat(Files.readAllLines(manifest)).isEqualTo(before);
    }

    @Test
    void restartDrawsAllAgainAndLeavesNothingOld() throws IOException {
        drawBefore();
        age();
        Path mine = Files.writeString(images.resolve("notes.txt"), "mine");
        Files.writeString(prompts, "[\"A dog\", \"A cat\"]");
        CommandLineRun run = batch("--restart");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(files()).containsExactly("00000.png", "00001.png", "manifest.jsonl", "notes.txt");
        assertThat(mine).exists();
        assertThat(lines()).extracting(line -> line.path("prompt").asText()).containsExactly("A dog", "A cat");
        assertThat(image("00001.png").request().orElseThrow().prompt()).isEqualTo("A cat");
    }

    @Test
    void aFolderThatDoesNotExistIsMadeOnlyWhenAllIsWell() throws IOException {
        Files.writeString(prompts, "not a prompts file");
        assertThat(batch("-q").exitCode()).isEqualTo(2);
        assertThat(images).doesNotExist();
    }

    @Test
    void twoRunsDoNotShareAFolder() throws IOException {
        try (BatchFolder first = BatchFolder.open(images, "tiny", List.of())) {
            assertThat(first.missing()).isEmpty();
            CommandLineRun run = batch("-q");
            assertThat(run.exitCode()).isEqualTo(2);
            assertThat(run.errLines()).hasSize(1).first().asString().contains("another unipic", images.toString());
        }
        assertThat(batch("-q").exitCode()).isZero();
    }

    @Test
    void anEntryThatCannotBeDrawnDoesNotStopTheOthers() throws IOException {
        Files.writeString(prompts, FIRST + "\"" + "\uD83E\uDD8A".repeat(30_000) + "\"\n" + THIRD);
        CommandLineRun run = batch("-q");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.errLines()).hasSize(1).first().asString().contains("prompts.jsonl line 2: ");
        assertThat(files()).containsExactly("00000-fox.png", "00002.png", "manifest.jsonl");
    }

    @Test
    void aFileInTheWayOfTheFolderIsNamed() throws IOException {
        Files.writeString(images, "a file");
        CommandLineRun run = batch("-q");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.errLines()).hasSize(1).first().asString().contains("cannot be used", images.toString());
    }

    private String[] command() {
        return new String[] {"batch", prompts.toString(), "-o", images.toString(), "--steps", "2", "--iterations", "2"};
    }

    private CommandLineRun batch(String... options) {
        return CommandLineRun.in(CommandLineRun.SMALL, concat(command(), options));
    }

    private static String[] concat(String[] first, String... second) {
        return Stream.concat(Stream.of(first), Stream.of(second)).toArray(String[]::new);
    }

    private Image image(String name) {
        return Image.read(images.resolve(name));
    }

    private List<JsonNode> lines() throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(manifest)) {
            lines.add(new ObjectMapper().readTree(line));
        }
        return lines;
    }

    private List<String> files() throws IOException {
        try (Stream<Path> list = Files.list(images)) {
            return list.map(file -> file.getFileName().toString()).sorted().toList();
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
