package io.github.unipic.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.GenerateRequest;
import io.github.unipic.batch.BatchFolder;
import io.github.unipic.batch.EntriesFile;
import io.github.unipic.batch.ManifestLine;
import io.github.unipic.benchmark.Benchmark;
import io.github.unipic.benchmark.BenchmarkLayout;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.SparkUserAppException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs on two threads of this JVM. */
class LocalJobTest {
    private static final List<String> PROMPTS = List.of(
            "{\"prompt\": \"a red fox\", \"id\": \"fox\"}",
            "{\"image\": \"cup.png\", \"prompt\": \"Make it night\", \"pad\": true}",
            "{\"image\": \"cup.png\", \"mask\": \"mask.png\", \"prompt\": \"a hat\"}",
            "{\"image\": \"cup.png\", \"question\": \"What is it?\", \"max_tokens\": 3}",
            "{\"prompt\": \"a blue fox\", \"seed\": 99}");

    @TempDir
    private Path folder;

    @BeforeAll
    static void configure() {
        SmallJob.beginLocal();
    }

    @AfterAll
    static void restore() {
        SmallJob.endLocal();
    }

    @Test
    void doesWhatASingleProcessDoesAndRedoesNothing() throws IOException {
        Path prompts = SmallJob.prompts(folder, PROMPTS);
        Path out = folder.resolve("out");
        SmallJob.Run first =
                SmallJob.run("--prompts", prompts.toString(), "--out", out.toString(), "--entries-per-partition", "2");
        assertThat(first.exitCode()).as(first.text()).isZero();
        assertThat(first.text()).contains("Wrote 5 of 5 results to " + out + "; 0 were there.");
        assertThat(SmallJob.contents(out))
                .isEqualTo(SmallJob.contents(SmallJob.singleProcess(prompts, folder.resolve("single"))));
        List<ManifestLine> lines = BatchFolder.lines(out);
        assertThat(lines).extracting(ManifestLine::index).containsExactly(0, 1, 2, 3, 4);
        assertThat(lines).allMatch(line -> line.time().isPresent());
        assertThat(lines)
                .extracting(ManifestLine::task)
                .containsExactly("generate", "edit", "inpaint", "describe", "generate");
        assertThat(lines.get(4).seed()).hasValue(99);
        List<Row> rows = SmallJob.parquet(out);
        assertThat(rows).extracting(row -> row.getAs("index")).containsExactly(0, 1, 2, 3, 4);
        assertThat(rows)
                .extracting(row -> row.getAs("file"))
                .containsExactlyElementsOf(
                        lines.stream().map(ManifestLine::file).toList());
        assertThat(rows.get(0).<String>getAs("task")).isEqualTo("generate");
        assertThat(rows.get(0).<String>getAs("parameters"))
                .isEqualTo(lines.get(0).parameters());
        assertThat(rows.get(3).<String>getAs("answer"))
                .isEqualTo(lines.get(3).answer().orElseThrow());
        assertThat(rows.get(4).<Long>getAs("seed")).isEqualTo(99);

        Map<String, FileTime> times = SmallJob.times(out);
        String manifest = Files.readString(out.resolve("manifest.jsonl"));
        SmallJob.Run second =
                SmallJob.run("--prompts", prompts.toString(), "--out", out.toString(), "--entries-per-partition", "1");
        assertThat(second.text()).contains("Wrote 0 of 5 results to " + out + "; 5 were there.");
        assertThat(SmallJob.times(out)).isEqualTo(times);
        assertThat(out.resolve("manifest.jsonl")).hasContent(manifest);
    }

    @Test
    void readsParquetAndReportsWhatFails() throws IOException {
        Path prompts = SmallJob.prompts(folder, PROMPTS);
        Path table = folder.resolve("table.parquet");
        try (SparkSession spark = SparkSession.builder().getOrCreate()) {
            spark.read()
                    .json(prompts.toUri().toString())
                    .coalesce(1)
                    .write()
                    .parquet(table.toUri().toString());
        }
        Path out = folder.resolve("out");
        Files.createDirectories(out);
        Files.writeString(out.resolve("00004.png"), "the user's");
        // As an earlier job had it, before the user replaced its file.
        Files.writeString(
                out.resolve("manifest.jsonl"),
                "{\"index\":4,\"file\":\"00004.png\",\"prompt\":\"a blue fox\",\"requested\":{}}\n");
        SmallJob.Run run = SmallJob.run("--prompts", table.toString(), "--out", out.toString());
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.text())
                .contains("unipic: " + table + " row 5: " + out + " contains 00004.png, which unipic has not generated")
                .contains("Wrote 4 of 5 results");
        assertThat(BatchFolder.lines(out)).extracting(ManifestLine::index).containsExactly(0, 1, 2, 3);
        assertThat(out.resolve("00004.png")).hasContent("the user's");
        Map<String, String> single = SmallJob.contents(SmallJob.singleProcess(prompts, folder.resolve("single")));
        single.remove("00004.png");
        Map<String, String> own = SmallJob.contents(out);
        own.remove("00004.png");
        assertThat(own).isEqualTo(single);
    }

    @Test
    void runsABenchmark() throws IOException {
        Path metadata = folder.resolve("metadata.jsonl");
        Files.writeString(metadata, "{\"tag\": \"colors\", \"include\": [], \"prompt\": \"a red fox\"}\n");
        GenerateRequest settings = GenerateRequest.builder("x")
                .size(64, 64)
                .iterations(2)
                .diffusionSteps(2)
                .seed(42)
                .build();
        BenchmarkLayout layout = Benchmark.GENEVAL.read(metadata, Optional.empty(), settings, false);
        Path entries = folder.resolve("entries.jsonl");
        EntriesFile.write(entries, layout.entries());
        Path out = folder.resolve("out");
        SmallJob.Run run = SmallJob.uniPic(
                "--model",
                SmallModel.folder().toString(),
                "--provider",
                "cpu",
                "--entries",
                entries.toString(),
                "--out",
                out.toString());
        assertThat(run.exitCode()).as(run.text()).isZero();
        layout.complete(out);
        assertThat(layout.check(out).isComplete()).isTrue();
    }

    @Test
    void mistakesAreOneLine() throws IOException {
        Path prompts = SmallJob.prompts(folder, PROMPTS);
        mistake("Missing required option", "--prompts", prompts.toString());
        mistake("--entries-per-partition must be", "--prompts", "x", "--out", "x", "--entries-per-partition", "0");
        mistake("--entries has each image's settings", "--entries", "x", "--out", "x");
        mistake(
                "there is no file none.jsonl",
                "--prompts",
                "none.jsonl",
                "--out",
                folder.resolve("o").toString());
        Path out = folder.resolve("out");
        Files.createDirectories(out);
        SmallJob.Run foreign =
                SmallJob.uniPic("--model", "none", "--prompts", prompts.toString(), "--out", out.toString());
        assertThat(foreign.exitCode()).isEqualTo(2);
        assertThat(foreign.text()).contains("unipic: ").contains("none");
        SmallJob.Run help = SmallJob.run("--help");
        assertThat(help.exitCode()).isZero();
        assertThat(help.text()).contains("--entries-per-partition");
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> UniPicSpark.main(new String[] {"--nonsense"}))
                .isInstanceOfSatisfying(
                        SparkUserAppException.class,
                        e -> assertThat(e.exitCode()).isEqualTo(2));
    }

    @Test
    void theGpuThatSparkAssignsIsTheDevice() {
        ModelSettings auto = new ModelSettings("m", "auto", new TreeMap<>(), 0);
        assertThat(auto.assigned(4, Optional.of("3")))
                .isEqualTo(new ModelSettings("m", "auto", new TreeMap<>(Map.of("device_id", "3")), 4));
        assertThat(auto.assigned(1, Optional.empty()).options()).isEmpty();
        ModelSettings named = new ModelSettings("m", "cuda", new TreeMap<>(Map.of("device_id", "0")), 2);
        assertThat(named.assigned(4, Optional.of("3"))).isEqualTo(named);
        assertThat(new ModelSettings("m", "cpu", new TreeMap<>(), 2)
                        .assigned(4, Optional.of("3"))
                        .options())
                .isEmpty();
    }

    private void mistake(String message, String... options) {
        SmallJob.Run run = SmallJob.run(options);
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.text().lines())
                .hasSize(1)
                .first()
                .asString()
                .startsWith("unipic: ")
                .contains(message);
    }
}
