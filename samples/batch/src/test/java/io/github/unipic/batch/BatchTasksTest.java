package io.github.unipic.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.Cancellation;
import io.github.unipic.DescribeRequest;
import io.github.unipic.EditRequest;
import io.github.unipic.Image;
import io.github.unipic.InpaintRequest;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.Mask;
import io.github.unipic.Reuse;
import io.github.unipic.UniPic;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All tasks of a batch on the small model. */
class BatchTasksTest {
    private static final FileTime LONG_AGO = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));
    private static final List<String> FILES =
            List.of("00000.png", "00001-night.png", "00002.png", "00003.json", "00004.png");
    private static final PromptsFile.Defaults SHORT = (builder, index) ->
            builder.iterations(2).diffusionSteps(2).seed(index).size(32, 32);

    private static UniPic unipic;

    @TempDir
    private Path folder;

    private Path prompts;
    private Path results;

    @BeforeAll
    static void load() {
        unipic = UniPic.builder(SmallModel.folder()).threads(1).load();
    }

    @AfterAll
    static void close() {
        unipic.close();
    }

    @BeforeEach
    void write() throws IOException {
        Files.createDirectory(folder.resolve("in"));
        TestImages.gradient(48, 32).save(folder.resolve("in/fox.png"));
        TestImages.cornerMask(48, 32, 16, 16).save(folder.resolve("in/mask.png"));
        TestImages.gradient(32, 32).save(folder.resolve("in/square.png"));
        results = folder.resolve("out");
        prompts = folder.resolve("prompts.jsonl");
        Files.writeString(prompts, """
                {"prompt": "A fox"}
                {"image": "in/fox.png", "prompt": "Make it night", "id": "night"}
                {"image": "in/fox.png", "mask": "in/mask.png", "prompt": "A bear", "seam": 0}
                {"images": ["in/fox.png", "in/square.png"], "question": "What is it?", "max_tokens": 4}
                {"image": "in/fox.png", "prompt": "Make it day", "pad": true}
                """);
    }

    @Test
    void eachGivesWhatTheSdkGives() throws IOException {
        assertThat(run()).isEqualTo(FILES);
        Image fox = Image.read(folder.resolve("in/fox.png"));
        Image square = Image.read(folder.resolve("in/square.png"));
        EditRequest edit = EditRequest.builder(fox, "Make it night")
                .iterations(2)
                .diffusionSteps(2)
                .seed(1)
                .size(32)
                .build();
        assertThat(pixels("00001-night.png")).isEqualTo(unipic.edit(edit).get(0).rgb());
        Mask mask = Mask.read(folder.resolve("in/mask.png"));
        InpaintRequest inpaint = InpaintRequest.builder(fox, mask, "A bear")
                .iterations(2)
                .diffusionSteps(2)
                .seed(2)
                .seam(0)
                .build();
        assertThat(pixels("00002.png")).isEqualTo(unipic.inpaint(inpaint).get(0).rgb());
        DescribeRequest describe = DescribeRequest.builder("What is it?")
                .image(fox)
                .image(square)
                .maxTokens(4)
                .build();
        String answer = unipic.describe(describe).text();
        JsonNode json = new JsonMapper().readTree(results.resolve("00003.json").toFile());
        assertThat(json.path("question").asText()).isEqualTo("What is it?");
        assertThat(json.path("answer").path("answer").asText()).isEqualTo(answer);
        assertThat(json.path("answer").path("answer_tokens").asInt()).isEqualTo(4);
        assertThat(json.path("answer").path("finish_reason").asText()).isEqualTo("max_tokens");
        List<ManifestLine> lines = BatchFolder.lines(results);
        assertThat(lines)
                .extracting(ManifestLine::task, ManifestLine::prompt, ManifestLine::answer)
                .containsExactly(
                        tuple("generate", "A fox", Optional.empty()),
                        tuple("edit", "Make it night", Optional.empty()),
                        tuple("inpaint", "A bear", Optional.empty()),
                        tuple("describe", "What is it?", Optional.of(answer)),
                        tuple("edit", "Make it day", Optional.empty()));
        assertThat(lines.get(3).toString())
                .contains("\"sources\":[\"" + folder.resolve("in/fox.png").toAbsolutePath());
    }

    /** The usual edit is a square; a padded one has the source's shape: 48 x 32 of 48 x 48 is 32 x 21 of 32 x 32. */
    @Test
    void aPaddedEditKeepsTheShape() {
        run();
        Image cropped = image("00001-night.png");
        assertThat(List.of(cropped.width(), cropped.height())).containsExactly(32, 32);
        Image padded = image("00004.png");
        assertThat(List.of(padded.width(), padded.height())).containsExactly(32, 21);
        Image square = SquarePadding.pad(Image.read(folder.resolve("in/fox.png")));
        EditRequest edit = EditRequest.builder(square, "Make it day")
                .iterations(2)
                .diffusionSteps(2)
                .seed(4)
                .size(32)
                .build();
        byte[] whole = unipic.edit(edit).get(0).rgb();
        int top = 5; // 8 of 48 rows of gray are 5 of 32
        byte[] rgb = padded.rgb();
        for (int i = 0; i < rgb.length; i++) {
            assertThat(rgb[i]).as("byte %s", i).isEqualTo(whole[top * 32 * 3 + i]);
        }
    }

    @Test
    void runAgainItRedoesNothing() throws IOException {
        run();
        age();
        String manifest = Files.readString(results.resolve("manifest.jsonl"));
        assertThat(run()).isEmpty();
        // Where the sources are does not matter, only what they contain.
        Files.move(folder.resolve("in"), folder.resolve("elsewhere"));
        Files.writeString(prompts, Files.readString(prompts).replace("in/", "elsewhere/"));
        assertThat(run()).isEmpty();
        assertThat(results.resolve("manifest.jsonl")).hasContent(manifest);
        // The files say what they are.
        Files.delete(results.resolve("manifest.jsonl"));
        assertThat(run()).isEmpty();
        assertThat(Files.readString(results.resolve("manifest.jsonl")))
                .isEqualTo(manifest.replaceAll("\"seconds\":[0-9.]+", "\"seconds\":null")
                        .replace("/in/", "/elsewhere/"));
        assertThat(FILES)
                .allSatisfy(file -> assertThat(Files.getLastModifiedTime(results.resolve(file)))
                        .isEqualTo(LONG_AGO));
    }

    @Test
    void otherSourcesOrSettingsAreAnError() throws IOException {
        run();
        String text = Files.readString(prompts);
        for (boolean manifest : new boolean[] {true, false}) {
            if (!manifest) {
                Files.delete(results.resolve("manifest.jsonl"));
            }
            for (Map.Entry<String, String> change : Map.of(
                            "\"seam\": 0", "\"seam\": 1",
                            "\"pad\": true", "\"pad\": false",
                            "\"max_tokens\": 4", "\"max_tokens\": 5",
                            "in/square.png\"]", "in/mask.png\"]",
                            "What is it?", "Who is it?",
                            "Make it night", "Make it day")
                    .entrySet()) {
                Files.writeString(prompts, text.replace(change.getKey(), change.getValue()));
                assertThatThrownBy(this::run)
                        .as(change.toString())
                        .isInstanceOf(InvalidRequestException.class)
                        .hasMessageContainingAll("prompts.jsonl line", "choose another folder, or restart the batch");
            }
            Files.writeString(prompts, text);
            Files.copy(
                    folder.resolve("in/fox.png"), folder.resolve("in/kept.png"), StandardCopyOption.REPLACE_EXISTING);
            TestImages.gradient(48, 33).save(folder.resolve("in/fox.png"));
            assertThatThrownBy(this::run).isInstanceOf(InvalidRequestException.class);
            Files.move(
                    folder.resolve("in/kept.png"), folder.resolve("in/fox.png"), StandardCopyOption.REPLACE_EXISTING);
        }
        assertThat(run()).isEmpty();
    }

    /** Images carry these only where they were set, so one without them was made without them. */
    @Test
    void whatHasNoDefaultIsComparedBothWays() throws IOException {
        Files.writeString(
                prompts, "{\"prompt\": \"A fox\"}\n{\"image\": \"in/fox.png\", \"prompt\": \"Make it night\"}");
        List<PromptsFile.Defaults> ways = List.of(
                SHORT,
                (builder, index) -> {
                    SHORT.applyTo(builder, index);
                    builder.guidanceReuse(Reuse.every(2));
                },
                (builder, index) -> {
                    SHORT.applyTo(builder, index);
                    builder.guidanceReuse(Reuse.every(3));
                },
                (builder, index) -> {
                    SHORT.applyTo(builder, index);
                    builder.tokenReuse(Reuse.every(3));
                },
                (builder, index) -> {
                    SHORT.applyTo(builder, index);
                    builder.negativePrompt("Blur");
                });
        for (PromptsFile.Defaults way : ways) {
            Path out = folder.resolve("way" + ways.indexOf(way));
            BatchFiles files = new BatchFiles(out, "small");
            List<BatchEntry> made = PromptsFile.read(prompts, way).entries();
            made.forEach(entry -> files.run(unipic, entry, new Cancellation(), p -> {}));
            for (PromptsFile.Defaults other : ways) {
                for (BatchEntry entry : PromptsFile.read(prompts, other).entries()) {
                    if (other == way) {
                        assertThat(files.find(entry)).isPresent();
                    } else {
                        assertThatThrownBy(() -> files.find(entry))
                                .isInstanceOf(InvalidRequestException.class)
                                .hasMessageContaining("not the image that");
                    }
                }
            }
        }
    }

    @Test
    void restartDeletesAnswersToo() throws IOException {
        run();
        Path mine = Files.writeString(results.resolve("00003.json"), "{\"task\": \"describe\"}");
        assertThatThrownBy(() -> BatchFolder.restart(results, "small", entries()))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("00003.json, which unipic has not generated");
        Files.delete(mine);
        assertThat(run()).containsExactly("00003.json");
        try (BatchFolder batch = BatchFolder.restart(results, "small", entries())) {
            assertThat(batch.missing()).hasSize(5);
            assertThat(results).isDirectoryNotContaining("glob:**.{png,json}");
        }
    }

    @Test
    void anUnreadableSourceIsTheFaultOfItsEntry() throws IOException {
        Files.writeString(folder.resolve("in/square.png"), "no image");
        BatchFiles files = new BatchFiles(results, "small");
        BatchEntry entry = entries().get(3);
        assertThatThrownBy(() -> files.run(unipic, entry, new Cancellation(), p -> {}))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("square.png");
        assertThat(files.find(entry)).isEmpty();
    }

    /** As two executors that run the same task do. */
    @Test
    void anEntryMayRunTwiceAndTravelAsText() throws IOException {
        UniPic closed = UniPic.builder(SmallModel.folder()).threads(1).load(); // computes nothing
        closed.close();
        for (BatchEntry entry : entries()) {
            BatchEntry sent = BatchEntry.fromJson(entry.toJson());
            assertThat(sent.toJson()).isEqualTo(entry.toJson());
            ManifestLine first = new BatchFiles(results, "small").run(unipic, entry, new Cancellation(), p -> {});
            Files.setLastModifiedTime(results.resolve(entry.file()), LONG_AGO);
            ManifestLine second = new BatchFiles(results, "small").run(closed, sent, new Cancellation(), p -> {});
            assertThat(first.time()).isPresent();
            assertThat(second.time()).isEmpty();
            assertThat(second.toString())
                    .isEqualTo(first.toString().replaceAll("\"seconds\":[0-9.]+", "\"seconds\":null"));
            assertThat(ManifestLine.parse(first.toString()).toString()).isEqualTo(first.toString());
            assertThat(Files.getLastModifiedTime(results.resolve(entry.file()))).isEqualTo(LONG_AGO);
        }
        // What the executors made is a batch.
        assertThat(run()).isEmpty();
        assertThat(BatchFolder.lines(results)).hasSize(5);
    }

    private List<BatchEntry> entries() {
        return PromptsFile.read(prompts, SHORT).entries();
    }

    /** Runs what is missing, and gives the names of the files. */
    private List<String> run() {
        try (BatchFolder batch = BatchFolder.open(results, "small", entries())) {
            return batch.missing().stream()
                    .map(entry -> batch.run(unipic, entry, new Cancellation(), p -> {})
                            .file())
                    .toList();
        }
    }

    private Image image(String name) {
        return Image.read(results.resolve(name));
    }

    private byte[] pixels(String name) {
        return image(name).rgb();
    }

    private void age() throws IOException {
        for (String file : FILES) {
            Files.setLastModifiedTime(results.resolve(file), LONG_AGO);
        }
    }
}
