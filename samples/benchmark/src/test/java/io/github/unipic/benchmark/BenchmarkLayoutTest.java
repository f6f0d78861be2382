package io.github.unipic.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.Cancellation;
import io.github.unipic.DiffusionSteps;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.UniPic;
import io.github.unipic.batch.BatchEntry;
import io.github.unipic.batch.BatchFiles;
import io.github.unipic.batch.BatchFolder;
import io.github.unipic.batch.BatchTask;
import io.github.unipic.batch.Shard;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The folders of the benchmarks, from small files of the same form as the published ones, on the small model. */
class BenchmarkLayoutTest {
    private static final int SIDE = 32;
    private static final FileTime LONG_AGO = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));
    private static final GenerateRequest SMALL = Benchmark.PAPER.toBuilder()
            .size(SIDE, SIDE)
            .iterations(2)
            .diffusionSteps(2)
            .build();
    private static final JsonMapper ONE_DOCUMENT = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private static UniPic unipic;

    @TempDir
    private Path folder;

    private Path out;

    @BeforeAll
    static void load() {
        unipic = UniPic.builder(SmallModel.folder()).threads(1).load();
    }

    @AfterAll
    static void close() {
        unipic.close();
    }

    @BeforeEach
    void name() {
        out = folder.resolve("out");
    }

    @Test
    void thePapersSettingsAreTheDefaults() {
        assertThat(Benchmark.PAPER.width()).hasValue(1024);
        assertThat(Benchmark.PAPER.height()).hasValue(1024);
        assertThat(Benchmark.PAPER.iterations()).hasValue(64);
        assertThat(Benchmark.PAPER.guidance()).hasValue(3);
        assertThat(Benchmark.PAPER.diffusionSteps()).hasValue(DiffusionSteps.constant(100));
    }

    // ---- GenEval

    private BenchmarkLayout genEval() throws IOException {
        Path file = folder.resolve("evaluation_metadata.jsonl");
        Files.writeString(file, """
                {"tag": "single_object", "include": [{"class": "bench", "count": 1}], "prompt": "a photo of a bench"}
                {"tag": "counting", "include": [{"class": "clock", "count": 2}], "exclude": [{"class": "clock", "count": 3}], "prompt": "a photo of two clocks"}
                """);
        return Benchmark.GENEVAL.read(file, Optional.empty(), SMALL, false);
    }

    @Test
    void genEvalsFolderIsWhatItsScorerReads() throws IOException {
        BenchmarkLayout layout = genEval();
        assertThat(layout.entries()).hasSize(8);
        run(layout, Shard.WHOLE);
        layout.complete(out);
        assertThat(files(out))
                .containsExactly(
                        "images/00000/metadata.jsonl",
                        "images/00000/samples/00000.png",
                        "images/00000/samples/00001.png",
                        "images/00000/samples/00002.png",
                        "images/00000/samples/00003.png",
                        "images/00001/metadata.jsonl",
                        "images/00001/samples/00000.png",
                        "images/00001/samples/00001.png",
                        "images/00001/samples/00002.png",
                        "images/00001/samples/00003.png",
                        "manifest.jsonl");
        JsonNode second =
                ONE_DOCUMENT.readTree(out.resolve("images/00001/metadata.jsonl").toFile());
        assertThat(second.path("prompt").asText()).isEqualTo("a photo of two clocks");
        assertThat(second.path("exclude").path(0).path("count").asInt()).isEqualTo(3);
        // The same seeds for each prompt.
        for (int prompt = 0; prompt < 2; prompt++) {
            for (int i = 0; i < 4; i++) {
                Image image = Image.read(out.resolve("images/0000" + prompt + "/samples/0000" + i + ".png"));
                assertThat(image.request().orElseThrow().seed()).hasValue(42 + i);
                assertThat(image.request().orElseThrow().iterations()).hasValue(2);
            }
        }
        assertThat(layout.scored(out)).isEqualTo(out.resolve("images"));
        assertThat(layout.check(out)).isEqualTo(new BenchmarkCheck(10, List.of(), List.of(), List.of()));
    }

    @Test
    void theCheckTellsWhatIsWrong() throws IOException {
        BenchmarkLayout layout = genEval();
        assertThat(layout.check(out).missing()).hasSize(10);
        run(layout, Shard.WHOLE);
        assertThat(layout.check(out).missing())
                .containsExactly("images/00000/metadata.jsonl", "images/00001/metadata.jsonl");
        layout.complete(out);
        Files.delete(out.resolve("images/00001/samples/00002.png"));
        Path cut = out.resolve("images/00000/samples/00001.png");
        byte[] bytes = Files.readAllBytes(cut);
        Files.write(cut, Arrays.copyOf(bytes, bytes.length - 5));
        Files.writeString(out.resolve("images/00000/metadata.jsonl"), "{}");
        Files.writeString(out.resolve("images/00000/samples/00004.png"), "");
        Files.createDirectory(out.resolve("images/00002"));
        Files.writeString(out.resolve("images/00000/grid.png"), "not read by the scorer");
        BenchmarkCheck check = layout.check(out);
        assertThat(check.isComplete()).isFalse();
        assertThat(check.missing()).containsExactly("images/00001/samples/00002.png");
        assertThat(check.damaged()).containsExactly("images/00000/metadata.jsonl", "images/00000/samples/00001.png");
        assertThat(check.unexpected()).containsExactly("images/00000/samples/00004.png", "images/00002");
        assertThatThrownBy(() -> layout.complete(out))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("metadata.jsonl is not of these prompts");
    }

    @Test
    void earlierPromptsMetadataIsInTheWay() throws IOException {
        BenchmarkLayout layout = genEval();
        layout.requireFree(out);
        layout.complete(out);
        layout.requireFree(out);
        Path metadata = out.resolve("images/00001/metadata.jsonl");
        Files.writeString(metadata, "{\"prompt\": \"a photo of three clocks\"}\n");
        assertInTheWay(layout, metadata);
        Files.delete(metadata);
        Files.createDirectory(metadata);
        assertInTheWay(layout, metadata);
    }

    private void assertInTheWay(BenchmarkLayout layout, Path file) {
        assertThatThrownBy(() -> layout.requireFree(out))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage(file + " is not of these prompts; move it away, or choose another folder");
    }

    /** Shards, and then tasks of a cluster that any process may run, perhaps twice. */
    @Test
    void mayBeMadeByManyProcesses() throws IOException {
        BenchmarkLayout layout = genEval();
        run(layout, new Shard(2, 2));
        layout.complete(out);
        assertThat(layout.check(out).missing()).hasSize(4);
        for (BatchEntry entry : layout.entries()) {
            new BatchFiles(out, "small").run(unipic, BatchEntry.fromJson(entry.toJson()), new Cancellation(), p -> {});
        }
        assertThat(layout.check(out).isComplete()).isTrue();
        age();
        assertThat(run(layout, Shard.WHOLE)).isZero();
        assertThat(files(out)).contains("manifest.jsonl").doesNotContain("manifest-2-of-2.jsonl");
        assertThat(BatchFolder.lines(out)).hasSize(8);
    }

    // ---- DPG-Bench

    private BenchmarkLayout dpg() throws IOException {
        return dpg(SMALL);
    }

    private BenchmarkLayout dpg(GenerateRequest settings) throws IOException {
        Path prompts = Files.createDirectories(folder.resolve("prompts"));
        Files.writeString(prompts.resolve("partiprompts12.txt"), "A tower of cheese\n");
        Files.writeString(prompts.resolve("7.txt"), "A caf\u00e9 at night");
        Files.writeString(prompts.resolve("README.md"), "no prompt");
        return Benchmark.DPG.read(prompts, Optional.empty(), settings, false);
    }

    @Test
    void dpgsFolderHasGridsOnly() throws IOException {
        BenchmarkLayout layout = dpg();
        assertThat(layout.entries())
                .extracting(entry -> entry.task().prompt())
                .startsWith("A caf\u00e9 at night")
                .endsWith("A tower of cheese");
        run(layout, Shard.WHOLE);
        layout.complete(out);
        assertThat(files(out.resolve("images"))).containsExactly("7.png", "partiprompts12.png");
        Image grid = Image.read(out.resolve("images/7.png"));
        assertThat(List.of(grid.width(), grid.height())).containsExactly(2 * SIDE, 2 * SIDE);
        int[][] corners = {{0, 0}, {SIDE, 0}, {0, SIDE}, {SIDE, SIDE}};
        for (int i = 0; i < 4; i++) {
            Image part = Image.read(out.resolve("parts/7/" + i + ".png"));
            assertThat(part.request().orElseThrow().seed()).hasValue(42 + i);
            for (int y = 0; y < SIDE; y++) {
                for (int x = 0; x < SIDE; x++) {
                    assertThat(pixel(grid, corners[i][0] + x, corners[i][1] + y))
                            .isEqualTo(pixel(part, x, y));
                }
            }
        }
        assertThat(layout.check(out).isComplete()).isTrue();
        Files.writeString(layout.scored(out).resolve("result.txt"), "of a scorer");
        assertThat(layout.check(out).unexpected()).containsExactly("images/result.txt");
    }

    @Test
    void aGridIsMadeOnceAndAgainWhenItsPartsAreNewer() throws IOException {
        BenchmarkLayout layout = dpg();
        run(layout, new Shard(1, 2));
        layout.complete(out);
        assertThat(layout.check(out).missing()).containsExactly("images/7.png", "images/partiprompts12.png");
        run(layout, new Shard(2, 2));
        layout.complete(out);
        assertThat(layout.check(out).isComplete()).isTrue();
        age();
        Path grid = out.resolve("images/7.png");
        Files.setLastModifiedTime(grid, FileTime.from(LONG_AGO.toInstant().plusSeconds(1)));
        byte[] before = Files.readAllBytes(grid);
        Path part = out.resolve("parts/7/3.png");
        Image black = Image.ofRgb(SIDE, SIDE, new byte[3 * SIDE * SIDE])
                .withMetadata(Image.read(part).metadata());
        Files.delete(part);
        layout.complete(out);
        assertThat(Files.readAllBytes(grid)).isEqualTo(before);
        black.save(part);
        layout.complete(out);
        assertThat(pixel(Image.read(grid), 2 * SIDE - 1, 2 * SIDE - 1)).containsExactly(0, 0, 0);
        // An image of another program is not replaced.
        layout.requireFree(out);
        TestImages.gradient(8, 8).save(grid);
        Files.setLastModifiedTime(grid, LONG_AGO);
        assertInTheWay(layout, grid);
        assertThatThrownBy(() -> layout.complete(out))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("7.png is not of these prompts");
        assertThat(layout.check(out).damaged()).containsExactly("images/7.png");
    }

    @Test
    void aGridOfEarlierImagesIsNotWhole() throws IOException {
        BenchmarkLayout layout = dpg();
        run(layout, Shard.WHOLE);
        layout.complete(out);
        byte[] before = Files.readAllBytes(out.resolve("images/7.png"));
        age();
        BenchmarkLayout other = dpg(SMALL.toBuilder().diffusionSteps(3).build());
        List<String> grids = List.of("images/7.png", "images/partiprompts12.png");
        // Half of each grid's images are new, and all are there.
        restart(other, new Shard(1, 2));
        other.complete(out);
        assertThat(Files.readAllBytes(out.resolve("images/7.png"))).isEqualTo(before);
        assertThat(other.check(out)).isEqualTo(new BenchmarkCheck(2, List.of(), grids, List.of()));
        // The others have been deleted.
        BatchFolder.restart(out, "small", other.entries(), new Shard(2, 2)).close();
        other.complete(out);
        assertThat(other.check(out).damaged()).isEqualTo(grids);
        assertThat(run(other, new Shard(2, 2))).isEqualTo(4);
        assertThat(other.check(out).damaged()).isEqualTo(grids);
        other.complete(out);
        assertThat(other.check(out).isComplete()).isTrue();
    }

    @Test
    void theCheckOfACopyDoesNotNeedTimesOrParts() throws IOException {
        BenchmarkLayout layout = dpg();
        run(layout, Shard.WHOLE);
        layout.complete(out);
        Path grid = out.resolve("images/7.png");
        Files.setLastModifiedTime(grid, LONG_AGO);
        assertThat(layout.check(out).isComplete()).isTrue();
        Files.move(out.resolve("parts"), folder.resolve("elsewhere"));
        assertThat(layout.check(out).isComplete()).isTrue();
    }

    @Test
    void dpgsPromptsAreTextsWithPlainNames() throws IOException {
        Path prompts = Files.createDirectories(folder.resolve("prompts"));
        refused("has no prompts", Benchmark.DPG, prompts);
        Files.writeString(prompts.resolve("a.b.txt"), "x");
        refused("'a.b' cannot be the name of a file", Benchmark.DPG, prompts);
        Files.move(prompts.resolve("a.b.txt"), prompts.resolve("a.txt"));
        Files.write(prompts.resolve("a.txt"), new byte[] {(byte) 0xff, 0});
        refused("a.txt is not text in UTF-8", Benchmark.DPG, prompts);
        Files.writeString(prompts.resolve("a.txt"), "\n");
        refused("a.txt: prompt is blank", Benchmark.DPG, prompts);
        refused("is not a folder", Benchmark.DPG, prompts.resolve("a.txt"));
    }

    // ---- GEdit-Bench

    private BenchmarkLayout gEdit(boolean pad) throws IOException {
        Path images = Files.createDirectories(folder.resolve("gedit"));
        TestImages.gradient(48, 32).save(images.resolve("0a1b_SRCIMG.png"));
        TestImages.gradient(32, 32).save(images.resolve("2c_SRCIMG.png"));
        Path info = images.resolve("info.jsonl");
        Files.writeString(info, """
                {"task_type": "background_change", "key": "0a1b", "instruction": "To the sea", "instruction_language": "en", "Intersection_exist": true}
                {"task_type": "background_change", "key": "0a1b", "instruction": "\u5230\u6d77\u8fb9", "instruction_language": "cn", "Intersection_exist": true}
                {"task_type": "subject-add", "key": "2c", "instruction": "Add a cat", "instruction_language": "en", "Intersection_exist": false}
                """);
        return Benchmark.GEDIT.read(info, Optional.empty(), SMALL, pad);
    }

    @Test
    void gEditsFolderHasTheSourceBesideEachResult() throws IOException {
        BenchmarkLayout layout = gEdit(false);
        run(layout, Shard.WHOLE);
        layout.complete(out);
        assertThat(files(out))
                .containsExactly(
                        "manifest.jsonl",
                        "unipic/fullset/background_change/cn/0a1b.png",
                        "unipic/fullset/background_change/cn/0a1b_SRCIMG.png",
                        "unipic/fullset/background_change/en/0a1b.png",
                        "unipic/fullset/background_change/en/0a1b_SRCIMG.png",
                        "unipic/fullset/subject-add/en/2c.png",
                        "unipic/fullset/subject-add/en/2c_SRCIMG.png");
        assertThat(out.resolve("unipic/fullset/background_change/cn/0a1b_SRCIMG.png"))
                .hasSameBinaryContentAs(folder.resolve("gedit/0a1b_SRCIMG.png"));
        Image edited = Image.read(out.resolve("unipic/fullset/background_change/en/0a1b.png"));
        assertThat(List.of(edited.width(), edited.height())).containsExactly(SIDE, SIDE);
        assertThat(layout.check(out)).isEqualTo(new BenchmarkCheck(6, List.of(), List.of(), List.of()));
    }

    @Test
    void earlierSourcesAreInTheWay() throws IOException {
        BenchmarkLayout layout = gEdit(false);
        layout.complete(out);
        layout.requireFree(out);
        TestImages.gradient(16, 16).save(folder.resolve("gedit/2c_SRCIMG.png"));
        assertInTheWay(layout, out.resolve("unipic/fullset/subject-add/en/2c_SRCIMG.png"));
    }

    @Test
    void paddedResultsHaveTheSourcesShape() throws IOException {
        BenchmarkLayout layout = gEdit(true);
        run(layout, Shard.WHOLE);
        Image wide = Image.read(out.resolve("unipic/fullset/background_change/en/0a1b.png"));
        assertThat(List.of(wide.width(), wide.height())).containsExactly(SIDE, 21);
        Image square = Image.read(out.resolve("unipic/fullset/subject-add/en/2c.png"));
        assertThat(List.of(square.width(), square.height())).containsExactly(SIDE, SIDE);
        assertThatThrownBy(() -> run(gEdit(false), Shard.WHOLE))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("generated with other options");
    }

    @Test
    void gEditsMistakesAreNamed() throws IOException {
        gEdit(false);
        Path info = folder.resolve("gedit/info.jsonl");
        String text = Files.readString(info);
        refusedText("object 1: 'a/b' cannot be the name", Benchmark.GEDIT, info, text.replace("0a1b", "a/b"));
        refusedText("object 3: there is no file", Benchmark.GEDIT, info, text.replace("2c", "3d"));
        refusedText("must be en or cn", Benchmark.GEDIT, info, text.replace("\"cn\"", "\"..\""));
        refusedText(
                "\"instruction\" is missing",
                Benchmark.GEDIT,
                info,
                text.replace("Add a cat\"", "a\", \"instruction\": 7"));
        refusedText("object 1 is not a JSON object", Benchmark.GEDIT, info, "7");
        refusedText(
                "line 2 cannot be read as JSON",
                Benchmark.GEDIT,
                info,
                text.lines().findFirst().orElse("") + "\n{");
        // Twice the same place.
        Files.writeString(info, text.replace("\"cn\"", "\"en\""));
        BenchmarkLayout twice = Benchmark.GEDIT.read(info, Optional.empty(), SMALL, false);
        assertThatThrownBy(() -> run(twice, Shard.WHOLE))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("both have the file unipic/fullset/background_change/en/0a1b.png");
    }

    // ---- ImgEdit-Bench

    @Test
    void imgEditsFolderIsFlat() throws IOException {
        Path originals = Files.createDirectories(folder.resolve("originals"));
        Files.createDirectories(originals.resolve("daily object"));
        TestImages.gradient(48, 32).save(originals.resolve("daily object/cup.jpg"));
        Path file = folder.resolve("basic_edit.json");
        Files.writeString(file, """
                {"1082": {"id": "daily object/cup.jpg", "prompt": "Make it red", "edit_type": "adjust"},
                 "22": {"id": "daily object/cup.jpg", "prompt": "Remove it", "edit_type": "remove"}}
                """);
        BenchmarkLayout layout = Benchmark.IMGEDIT.read(file, Optional.of(originals), SMALL, false);
        assertThat(layout.entries().get(0).task())
                .isInstanceOfSatisfying(
                        BatchTask.Edit.class, edit -> assertThat(edit.image()).endsWithRaw(Path.of("cup.jpg")));
        run(layout, Shard.WHOLE);
        layout.complete(out);
        assertThat(files(out)).containsExactly("images/1082.png", "images/22.png", "manifest.jsonl");
        Files.writeString(out.resolve("images/result.json"), "of the scorer");
        assertThat(layout.check(out).isComplete()).isTrue();
        refusedText(
                "key 22: there is no file", Benchmark.IMGEDIT, file, "{\"22\": {\"id\": \"../x\", \"prompt\": \"y\"}}");
        refusedText("'../22' cannot be the name", Benchmark.IMGEDIT, file, "{\"../22\": {}}");
        refusedText("is not one JSON object", Benchmark.IMGEDIT, file, "[1]");
        refusedText("has no prompts", Benchmark.IMGEDIT, file, "{}");
    }

    private void refusedText(String message, Benchmark benchmark, Path file, String text) throws IOException {
        Files.writeString(file, text, StandardOpenOption.TRUNCATE_EXISTING);
        refused(message, benchmark, file);
    }

    private static void refused(String message, Benchmark benchmark, Path prompts) {
        assertThatThrownBy(() -> benchmark.read(prompts, Optional.empty(), SMALL, false))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining(message)
                .message()
                .hasLineCount(1);
    }

    private int run(BenchmarkLayout layout, Shard shard) {
        return run(BatchFolder.open(out, "small", layout.entries(), shard));
    }

    private int restart(BenchmarkLayout layout, Shard shard) {
        return run(BatchFolder.restart(out, "small", layout.entries(), shard));
    }

    private int run(BatchFolder opened) {
        try (BatchFolder batch = opened) {
            batch.missing().forEach(entry -> batch.run(unipic, entry, new Cancellation(), p -> {}));
            return batch.missing().size();
        }
    }

    private static List<Integer> pixel(Image image, int x, int y) {
        int rgb = image.toBufferedImage().getRGB(x, y);
        return List.of(rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255);
    }

    private static List<String> files(Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            return paths.filter(Files::isRegularFile)
                    .map(path -> root.relativize(path).toString().replace('\\', '/'))
                    .sorted()
                    .toList();
        }
    }

    private void age() throws IOException {
        for (String file : files(out)) {
            Files.setLastModifiedTime(out.resolve(file), LONG_AGO);
        }
    }
}
