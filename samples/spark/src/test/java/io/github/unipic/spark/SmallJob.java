package io.github.unipic.spark;

import io.github.unipic.Cancellation;
import io.github.unipic.DescribeRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.UniPic;
import io.github.unipic.batch.BatchEntry;
import io.github.unipic.batch.BatchFolder;
import io.github.unipic.batch.PromptsFile;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * What the tests of jobs have in common: prompts, options, jobs of this JVM, and the same batch in a single process.
 */
final class SmallJob {
    static final List<String> OPTIONS =
            List.of(("--model " + SmallModel.folder() + " --provider cpu --seed 7 --size 64 --iterations 2 --steps 2")
                    .split(" "));

    private static final Map<String, String> LOCAL =
            Map.of("spark.master", "local[2]", "spark.ui.enabled", "false", "spark.sql.shuffle.partitions", "1");

    private SmallJob() {}

    /** From here on, jobs of this JVM run on two of its threads. */
    static void beginLocal() {
        LOCAL.forEach(System::setProperty);
    }

    static void endLocal() {
        LOCAL.keySet().forEach(System::clearProperty);
    }

    /** What a job of this JVM did. */
    record Run(int exitCode, String text) {}

    /** Runs a job with {@link #OPTIONS} and more. */
    static Run run(String... options) {
        List<String> all = new ArrayList<>(OPTIONS);
        all.addAll(List.of(options));
        return uniPic(all.toArray(String[]::new));
    }

    static Run uniPic(String... options) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (PrintStream both = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
            System.setOut(both);
            System.setErr(both);
            return new Run(UniPicSpark.run(options), bytes.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    /** Writes the file of prompts, and the images {@code cup.png} and {@code mask.png} that they may name. */
    static Path prompts(Path folder, List<String> prompts) throws IOException {
        TestImages.gradient(96, 64).save(folder.resolve("cup.png"));
        byte[] mask = new byte[96 * 64 * 3];
        Arrays.fill(mask, 0, mask.length / 2, (byte) -1);
        Image.ofRgb(96, 64, mask).save(folder.resolve("mask.png"));
        return Files.write(folder.resolve("prompts.jsonl"), prompts);
    }

    /** Does with {@link #OPTIONS} what a job does, and returns the given folder. */
    static Path singleProcess(Path prompts, Path out) {
        List<BatchEntry> entries = PromptsFile.read(prompts, new PromptsFile.Defaults() {
                    @Override
                    public void applyTo(GenerateRequest.Builder builder, int index) {
                        builder.size(64, 64).iterations(2).diffusionSteps(2).seed(7 + index);
                    }

                    @Override
                    public void applyTo(DescribeRequest.Builder builder, int index) {
                        builder.seed(7 + index);
                    }
                })
                .entries();
        try (UniPic unipic = SmallModel.builder().load();
                BatchFolder batch = BatchFolder.open(out, unipic.info().name(), entries)) {
            batch.missing().forEach(entry -> batch.run(unipic, entry, new Cancellation(), progress -> {}));
        }
        return out;
    }

    /** The bytes of each result, one char each, by the names of their files. */
    static Map<String, String> contents(Path folder) throws IOException {
        Map<String, String> contents = new TreeMap<>();
        for (Path file : results(folder)) {
            contents.put(
                    file.getFileName().toString(), new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
        }
        return contents;
    }

    /** When each result was written, by the names of their files. */
    static Map<String, FileTime> times(Path folder) throws IOException {
        Map<String, FileTime> times = new TreeMap<>();
        for (Path file : results(folder)) {
            times.put(file.getFileName().toString(), Files.getLastModifiedTime(file));
        }
        return times;
    }

    private static List<Path> results(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches("\\d{5}.*\\.(png|json)"))
                    .toList();
        }
    }

    /** The rows of a job's manifest. */
    static List<Row> parquet(Path out) throws IOException {
        try (SparkSession spark = SparkSession.builder()
                .master("local[1]")
                .config("spark.ui.enabled", false)
                .getOrCreate()) {
            return spark.read()
                    .parquet(LocalPath.literal(out.resolve("manifest.parquet")))
                    .collectAsList();
        }
    }
}
