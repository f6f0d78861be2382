package io.github.unipic.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.GenerateRequest;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.batch.BatchEntry;
import io.github.unipic.batch.BatchFolder;
import io.github.unipic.batch.BatchTask;
import io.github.unipic.batch.ManifestLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A manifest of an earlier job, which had other seeds; it generated the entries 0 to 3 of 5. */
class SparkManifestTest {
    private static final List<BatchEntry> ENTRIES = entries(5);

    @TempDir
    private Path folder;

    @BeforeEach
    void write() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 4; i++) {
            Files.createFile(folder.resolve("0000" + i + ".png"));
            lines.append(line(i, 1, "1.5")).append('\n');
        }
        Files.writeString(folder.resolve("manifest.jsonl"), lines);
    }

    @Test
    void aLineStaysOnlyForTheResultThatItDescribes() throws IOException {
        Files.delete(folder.resolve("00001.png"));
        SparkManifest manifest = new SparkManifest(folder, ENTRIES);
        manifest.add(line(0, 1, "null"));
        manifest.add(line(2, 7, "null")); // an executor generated it and was lost with its line
        manifest.add(line(4, 7, "2.5"));
        manifest.writeJsonLines();
        assertThat(Files.readAllLines(folder.resolve("manifest.jsonl")))
                .containsExactly(
                        line(0, 1, "1.5").toString(),
                        line(2, 7, "null").toString(),
                        line(3, 1, "1.5").toString(),
                        line(4, 7, "2.5").toString());
    }

    @Test
    void anEntryThatFailsHasNoLine() {
        SparkManifest manifest = new SparkManifest(folder, ENTRIES);
        manifest.remove(3);
        manifest.remove(4);
        manifest.writeJsonLines();
        assertThat(BatchFolder.lines(folder)).extracting(ManifestLine::index).containsExactly(0, 1, 2);
    }

    @Test
    void resultsOfOtherEntriesAreRefused() throws IOException {
        List<BatchEntry> fewer = entries(3);
        assertThatThrownBy(() -> new SparkManifest(folder, fewer))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("00003.png, which is not of these prompts");
        Files.delete(folder.resolve("00003.png"));
        assertThat(new SparkManifest(folder, fewer).model()).isEqualTo("small");
    }

    /** Their files say what was set, and not that nothing else was. */
    @ParameterizedTest
    @ValueSource(strings = {"{\"guidance\":5.0}", "{\"seed\":1}"})
    void resultsOfAnOptionThatIsNowLeftOutAreRefused(String requested) throws IOException {
        Path manifest = folder.resolve("manifest.jsonl");
        Files.writeString(
                manifest, Files.readString(manifest).replace("\"requested\":{}", "\"requested\":" + requested));
        assertThatThrownBy(() -> new SparkManifest(folder, ENTRIES))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage(folder + " contains 00000.png, generated with other options (" + requested
                        + ") than line 0 has now ({}); choose another folder, or restart the batch");
    }

    /** Executors compare them, who read them anyway. */
    @Test
    void theContentOfSourcesIsNotCompared() throws IOException {
        Files.writeString(
                folder.resolve("manifest.jsonl"),
                "{\"index\":0,\"file\":\"00000.png\",\"task\":\"edit\",\"sources\":[\"gone.png\"],"
                        + "\"prompt\":\"a fox\",\"requested\":{\"sources\":[\"12ab\"]},\"model\":\"small\"}\n");
        BatchTask edit = new BatchTask.Edit(
                Path.of("gone.png"), false, GenerateRequest.builder("a fox").build());
        BatchEntry entry = BatchEntry.of(0, Optional.empty(), "line 0", edit);
        assertThat(new SparkManifest(folder, List.of(entry)).model()).isEqualTo("small");
    }

    @Test
    void theLinesOfShardsCountToo() throws IOException {
        Files.move(folder.resolve("manifest.jsonl"), folder.resolve("manifest-1-of-2.jsonl"));
        SparkManifest manifest = new SparkManifest(folder, ENTRIES);
        assertThat(manifest.model()).isEqualTo("small");
        manifest.writeJsonLines();
        assertThat(Files.readAllLines(folder.resolve("manifest.jsonl"))).hasSize(4);
        List<BatchEntry> fewer = entries(3);
        Files.delete(folder.resolve("manifest.jsonl"));
        assertThatThrownBy(() -> new SparkManifest(folder, fewer))
                .hasMessageContaining("00003.png, which is not of these prompts");
    }

    static List<BatchEntry> entries(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> BatchEntry.of(
                        i,
                        Optional.empty(),
                        "line " + i,
                        new BatchTask.Generate(GenerateRequest.builder("a fox").build())))
                .toList();
    }

    static ManifestLine line(int index, long seed, String seconds) {
        return ManifestLine.parse("{\"index\":" + index + ",\"file\":\"0000" + index + ".png\",\"prompt\":\"a fox\","
                + "\"seed\":" + seed + ",\"requested\":{},\"model\":\"small\",\"seconds\":" + seconds + "}");
    }
}
