package io.github.unipic.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.GenerateRequest;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.batch.BatchFolder;
import io.github.unipic.batch.EntriesFile;
import io.github.unipic.batch.ManifestLine;
import io.github.unipic.benchmark.Benchmark;
import io.github.unipic.benchmark.BenchmarkLayout;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.SparkUserAppException;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.collection.Iterator;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;

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

        List<String> fewer = new ArrayList<>(SmallJob.OPTIONS);
        fewer.removeAll(List.of("--steps", "2", "--iterations"));
        fewer.addAll(List.of("--prompts", prompts.toString(), "--out", out.toString()));
        SmallJob.Run other = SmallJob.uniPic(fewer.toArray(String[]::new));
        assertThat(other.exitCode()).as(other.text()).isEqualTo(2);
        assertThat(other.text())
                .contains("00000-fox.png, generated with other options (")
                .doesNotContain("Wrote");
        assertThat(out.resolve("manifest.jsonl")).hasContent(manifest);
    }

    @Test
    void foldersMayHaveAnyName() throws IOException {
        Path odd = Files.createDirectory(folder.resolve("out ü [1] %20"));
        Path table = odd.resolve("table.parquet");
        try (SparkSession spark = SparkSession.builder().getOrCreate()) {
            spark.sql("SELECT 'a red fox' AS prompt").write().parquet(LocalPath.of(table));
        }
        SmallJob.Run run = SmallJob.run("--prompts", table.toString(), "--out", odd.toString());
        assertThat(run.exitCode()).as(run.text()).isZero();
        assertThat(odd.resolve("00000.png")).isRegularFile();
        assertThat(SmallJob.parquet(odd))
                .extracting(row -> row.<String>getAs("file"))
                .containsExactly("00000.png");
    }

    @Test
    void theSummaryDoesNotDependOnTheLastStep() throws IOException {
        Path prompts = SmallJob.prompts(folder, PROMPTS.subList(0, 2));
        Path out = Files.createDirectory(folder.resolve("out"));
        Files.writeString(out.resolve("00001.png"), "the user's");
        String committer = "spark.sql.sources.commitProtocolClass";
        System.setProperty(committer, "NoSuchClass");
        SmallJob.Run run;
        try {
            run = SmallJob.run("--prompts", prompts.toString(), "--out", out.toString());
        } finally {
            System.clearProperty(committer);
        }
        assertThat(run.exitCode()).as(run.text()).isEqualTo(1);
        assertThat(run.text())
                .contains("contains 00001.png, which unipic has not generated")
                .contains("Wrote 1 of 2 results")
                .contains("unipic: Error");
        assertThat(out.resolve("manifest.parquet/_SUCCESS")).doesNotExist();
    }

    @Test
    void machinesWithDifferentModelsFailTheJob() throws IOException {
        SparkManifest manifest = new SparkManifest(folder, SparkManifestTest.entries(2));
        Collected collected = new Collected(manifest, 2, System::nanoTime);
        try (SparkSession spark = SparkSession.builder().getOrCreate()) {
            JavaRDD<String> models = JavaSparkContext.fromSparkContext(spark.sparkContext())
                    .parallelize(List.of("0 small", "1 large"), 2);
            assertThatThrownBy(() -> spark.sparkContext()
                            .runJob(
                                    models.rdd(),
                                    new ResultOfModel(),
                                    collected,
                                    ClassTag$.MODULE$.<PartitionResult>apply(PartitionResult.class)))
                    .hasRootCauseInstanceOf(InvalidRequestException.class)
                    .rootCause()
                    .hasMessageContaining("contains images of the model ");
        }
    }

    /** What machines give that each have another model. */
    private static final class ResultOfModel extends AbstractFunction1<Iterator<String>, PartitionResult>
            implements Serializable {
        private static final long serialVersionUID = 1L;

        @Override
        public PartitionResult apply(Iterator<String> models) {
            String[] words = models.next().split(" ");
            return CollectedTest.result(Integer.parseInt(words[0]), words[1]);
        }
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
                "{\"index\":4,\"file\":\"00004.png\",\"prompt\":\"a blue fox\",\"requested\":"
                        + "{\"width\":64,\"height\":64,\"iterations\":2,\"diffusion_steps\":2,\"seed\":99}}\n");
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
        for (String option :
                List.of("--size=64", "--seed=7", "--iterations=2", "--guidance=2", "--steps=2", "--fast")) {
            SmallJob.Run both = SmallJob.uniPic("--model", "x", "--entries", "x", "--out", "x", option);
            assertThat(both.exitCode()).isEqualTo(2);
            assertThat(both.text().lines())
                    .containsExactly("unipic: --entries has each image's settings; leave out --size, --seed,"
                            + " --iterations, --guidance, --steps, --fast");
        }
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
        assertThatThrownBy(() -> UniPicSpark.main(new String[] {"--nonsense"}))
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
