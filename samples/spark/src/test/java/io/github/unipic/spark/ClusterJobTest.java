package io.github.unipic.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.batch.BatchFolder;
import io.github.unipic.batch.ManifestLine;
import io.github.unipic.testing.ChildJvm;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.deploy.SparkSubmit;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job whose driver and two executors are processes of their own, of which one is killed. */
class ClusterJobTest {
    /** The last of the first partition takes long enough that its executor is killed before it is done. */
    private static final List<String> PROMPTS = List.of(
            "{\"prompt\": \"a red fox\"}",
            "{\"image\": \"cup.png\", \"prompt\": \"Make it night\"}",
            "{\"prompt\": \"a blue fox\", \"width\": 512, \"height\": 512, \"iterations\": 20}",
            "{\"prompt\": \"a green fox\"}",
            "{\"image\": \"cup.png\", \"question\": \"What is it?\", \"max_tokens\": 3}",
            "{\"prompt\": \"a white fox\"}",
            "{\"prompt\": \"a black fox\"}",
            "{\"prompt\": \"a small fox\"}",
            "{\"prompt\": \"a tall fox\"}");

    private static final List<Integer> INDICES =
            IntStream.range(0, PROMPTS.size()).boxed().toList();
    private static final int PER_PARTITION = 3;
    private static final int MINUTES = 5; // against hangs

    @TempDir
    private Path folder;

    @Test
    void aLostExecutorCostsNothingThatWasFinished() throws Exception {
        Path prompts = SmallJob.prompts(folder, PROMPTS);
        Path out = folder.resolve("out");
        Path note = folder.resolve("killed");
        Path home = sparkHome();
        String lossy = submit(
                home,
                out,
                KillOnce.RESULTS + "=" + out,
                KillOnce.NOTE + "=" + note,
                "spark.plugins=" + KillOnce.class.getName());

        Map<String, String> atKill = Files.readAllLines(note).stream()
                .map(line -> line.split(" "))
                .collect(Collectors.toMap(words -> words[0], words -> words[1]));
        assertThat(lossy).contains("Lost executor");
        assertThat(atKill).as("in the middle of the first partition").containsKey("00000.png");
        assertThat(atKill).doesNotContainKey("0000" + (PER_PARTITION - 1) + ".png");
        Map<String, FileTime> times = SmallJob.times(out);
        assertThat(times.entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey, file -> file.getValue().toString())))
                .as("finished results are not redone")
                .containsAllEntriesOf(atKill);

        assertThat(SmallJob.contents(out))
                .isEqualTo(SmallJob.contents(SmallJob.singleProcess(prompts, folder.resolve("single"))));
        assertThat(Files.readAllLines(out.resolve("manifest.jsonl"))).hasSameSizeAs(PROMPTS);
        List<ManifestLine> lines = BatchFolder.lines(out);
        assertThat(lines).extracting(ManifestLine::index).containsExactlyElementsOf(INDICES);
        assertThat(lines.get(0).time()).as("kept by the second attempt").isEmpty();
        long kept = lines.stream().filter(line -> line.time().isEmpty()).count();
        assertThat(kept).isLessThan(PER_PARTITION);
        assertThat(lossy)
                .contains("Wrote " + (PROMPTS.size() - kept) + " of " + PROMPTS.size() + " results to " + out + "; "
                        + kept + " were there.");
        List<Row> rows = SmallJob.parquet(out);
        assertThat(rows).extracting(row -> row.<Integer>getAs("index")).containsExactlyElementsOf(INDICES);
        assertThat(rows)
                .extracting(row -> row.<String>getAs("file"))
                .containsExactlyElementsOf(
                        lines.stream().map(ManifestLine::file).toList());

        String manifest = Files.readString(out.resolve("manifest.jsonl"));
        // Who goes on needs no cluster.
        SmallJob.beginLocal();
        try {
            SmallJob.Run again = SmallJob.run(
                    "--prompts",
                    prompts.toString(),
                    "--out",
                    out.toString(),
                    "--entries-per-partition",
                    String.valueOf(PER_PARTITION));
            assertThat(again.text()).contains("Wrote 0 of 9 results to " + out + "; 9 were there.");
        } finally {
            SmallJob.endLocal();
        }
        assertThat(SmallJob.times(out)).isEqualTo(times);
        assertThat(out.resolve("manifest.jsonl")).hasContent(manifest);
    }

    // ---- the cluster

    /** JUnit warns of each link that leads out of the folder that it deletes. */
    @AfterEach
    void deleteLinks() throws IOException {
        try (DirectoryStream<Path> links = Files.newDirectoryStream(folder.resolve("spark/jars"))) {
            for (Path link : links) {
                Files.delete(link);
            }
        }
    }

    /** What Spark takes for an installation: a file {@code RELEASE} and all jars in a folder. */
    private Path sparkHome() throws IOException {
        Path home = folder.resolve("spark");
        Path jars = Files.createDirectories(home.resolve("jars"));
        Files.createFile(home.resolve("RELEASE"));
        for (Path jar : classPath()) {
            if (Files.isRegularFile(jar)) {
                Files.createSymbolicLink(jars.resolve(jar.getFileName()), jar);
            }
        }
        return home;
    }

    private static List<Path> classPath() {
        return List.of(System.getProperty("java.class.path").split(File.pathSeparator)).stream()
                .map(Path::of)
                .toList();
    }

    /** Submits the job, waits for its end and returns what its driver has printed. */
    private String submit(Path home, Path out, String... settings) throws IOException, InterruptedException {
        String ownClasses = classPath().stream()
                .filter(Files::isDirectory)
                .map(Path::toString)
                .collect(Collectors.joining(File.pathSeparator));
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ChildJvm.QUICK_START);
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> option.startsWith("--add-opens"))
                .forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), SparkSubmit.class.getName()));
        command.addAll(List.of("--master", "local-cluster[2,1,1024]", "--class", UniPicSpark.class.getName()));
        List<String> all = new ArrayList<>(List.of(settings));
        all.add("spark.executor.extraJavaOptions=" + String.join(" ", ChildJvm.QUICK_START));
        all.addAll(List.of("spark.ui.enabled=false", "spark.executor.extraClassPath=" + ownClasses));
        all.forEach(setting -> command.addAll(List.of("--conf", setting)));
        command.add("spark-internal"); // the classes are on the class path
        command.addAll(SmallJob.OPTIONS);
        // Relative to the driver's working directory, which is not that of the executors.
        command.addAll(List.of("--prompts", "prompts.jsonl", "--out", out.toString()));
        command.addAll(List.of("--entries-per-partition", String.valueOf(PER_PARTITION)));
        Path printed = folder.resolve("printed");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(printed.toFile());
        builder.environment()
                .putAll(Map.of(
                        "SPARK_HOME", home.toString(), "SPARK_SCALA_VERSION", "2.13", "SPARK_LOCAL_IP", "127.0.0.1"));
        Process process = builder.start();
        try {
            boolean ended = process.waitFor(MINUTES, TimeUnit.MINUTES);
            assertThat(ended).as(Files.readString(printed)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        String text = Files.readString(printed);
        assertThat(process.exitValue()).as(text).isZero();
        return text;
    }
}
