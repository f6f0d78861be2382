package io.github.unipic.spark;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.OutputException;
import io.github.unipic.batch.BatchEntry;
import io.github.unipic.batch.BatchFolder;
import io.github.unipic.batch.ManifestLine;
import io.github.unipic.files.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/**
 * The manifest of a job, which the driver alone writes: {@code manifest.jsonl}, as {@code unipic batch} has it and can
 * go on with, and the same as {@code manifest.parquet}.
 */
final class SparkManifest {
    /** Of values that differ from entry to entry, the columns have the JSON. */
    private static final String COLUMNS = "index INT, id STRING, file STRING, task STRING, sources ARRAY<STRING>,"
            + " prompt STRING, answer STRING, finish_reason STRING, prompt_tokens INT, answer_tokens INT, seed BIGINT,"
            + " parameters STRING, requested STRING, model STRING, seconds DOUBLE";

    private final Path folder;
    private final SortedMap<Integer, ManifestLine> lines = new TreeMap<>();

    /**
     * Begins with the lines of an earlier run, as far as their files are there.
     *
     * @throws InvalidRequestException if it had other entries
     */
    SparkManifest(Path folder, List<BatchEntry> entries) {
        this.folder = folder;
        if (Files.exists(jsonLines())) {
            Set<String> files = entries.stream().map(BatchEntry::file).collect(Collectors.toSet());
            for (ManifestLine line : BatchFolder.lines(folder)) {
                if (Files.isRegularFile(folder.resolve(line.file()))) {
                    if (!files.contains(line.file())) {
                        throw new InvalidRequestException(folder + " contains " + line.file()
                                + ", which is not of these prompts; choose another folder");
                    }
                    lines.put(line.index(), line);
                }
            }
        }
    }

    /** The name of the model of the earlier run; empty if there was none. */
    String model() {
        return lines.values().stream()
                .flatMap(line -> line.model().stream())
                .findFirst()
                .orElse("");
    }

    /** Adds a line. One that is there stays if it is of the same result, because it has the time. */
    synchronized void add(ManifestLine line) {
        lines.merge(line.index(), line, (old, now) -> now.time().isEmpty() && now.isSameResult(old) ? old : now);
    }

    /** Removes the line of an entry that has failed: what its file is now, it does not say. */
    synchronized void remove(int index) {
        lines.remove(index);
    }

    /** Writes the JSON lines, from whatever has finished. */
    synchronized void writeJsonLines() {
        try {
            AtomicFile.write(jsonLines(), out -> {
                for (ManifestLine line : lines.values()) {
                    out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
                }
            });
        } catch (IOException e) {
            throw new OutputException(jsonLines() + " cannot be written", e, "free some space there");
        }
    }

    /** Makes the Parquet of the JSON lines. */
    void writeParquet(SparkSession spark) {
        spark.read()
                .schema(COLUMNS)
                .option("mode", "FAILFAST")
                .json(jsonLines().toUri().toString())
                .withColumn("task", functions.coalesce(functions.col("task"), functions.lit("generate")))
                .write()
                .mode(SaveMode.Overwrite)
                .parquet(folder.resolve("manifest.parquet").toUri().toString());
    }

    private Path jsonLines() {
        return folder.resolve("manifest.jsonl");
    }
}
