package io.github.unipic.spark;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.OutputException;
import io.github.unipic.batch.BatchEntry;
import io.github.unipic.batch.BatchFiles;
import io.github.unipic.batch.BatchFolder;
import io.github.unipic.batch.ManifestLine;
import io.github.unipic.files.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
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
    private String model = "";

    /**
     * Begins with the lines of an earlier run, of shards too, as far as their files are there.
     *
     * @throws InvalidRequestException if it had other entries or options, or several models
     */
    SparkManifest(Path folder, List<BatchEntry> entries) {
        this.folder = folder;
        if (BatchFiles.hasManifest(folder)) {
            Map<Integer, BatchEntry> byIndex =
                    entries.stream().collect(Collectors.toMap(BatchEntry::index, Function.identity()));
            for (ManifestLine line : BatchFolder.lines(folder)) {
                if (Files.isRegularFile(folder.resolve(line.file()))) {
                    if (!byIndex.containsKey(line.index())) {
                        throw new InvalidRequestException(folder + " contains " + line.file()
                                + ", which is not of these prompts; choose another folder");
                    }
                    BatchFiles.requireSame(folder, line, byIndex.get(line.index()));
                    add(line);
                }
            }
        }
    }

    /** The name of the model that the results are of; empty if there are none. */
    synchronized String model() {
        return model;
    }

    /**
     * Adds a line. One that is there stays if it is of the same result, because it has the time.
     *
     * @throws InvalidRequestException if it is of another model than the first line; the next run then sees that, too
     */
    synchronized void add(ManifestLine line) {
        lines.merge(line.index(), line, (old, now) -> now.time().isEmpty() && now.isSameResult(old) ? old : now);
        String another = line.model().orElse(model);
        if (model.isEmpty()) {
            model = another;
        } else if (!model.equals(another)) {
            throw new InvalidRequestException(folder + " contains images of the model " + model + ", but "
                    + line.file() + " is of " + another
                    + "; give all machines the same model, and choose another folder");
        }
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
                .json(LocalPath.literal(jsonLines()))
                .withColumn("task", functions.coalesce(functions.col("task"), functions.lit("generate")))
                .write()
                .mode(SaveMode.Overwrite)
                .parquet(LocalPath.of(folder.resolve("manifest.parquet")));
    }

    private Path jsonLines() {
        return folder.resolve("manifest.jsonl");
    }
}
