package io.github.unipic.spark;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.batch.PromptsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/** The prompts of a job, from JSON lines or a table. */
final class Prompts {
    private static final int MAX_ROWS = 1_000_000;

    private Prompts() {}

    static PromptsFile read(SparkSession spark, String source, PromptsFile.Defaults defaults) {
        boolean parquet = source.endsWith(".parquet") || source.contains("://") || Files.isDirectory(Path.of(source));
        return parquet ? parquet(spark, source, defaults) : PromptsFile.read(Path.of(source), defaults);
    }

    /** Ordered by file and row, so that each row has the same index in each run. */
    private static PromptsFile parquet(SparkSession spark, String source, PromptsFile.Defaults defaults) {
        boolean local = !source.contains(":");
        Path base = local
                ? Path.of(source).toAbsolutePath().getParent()
                : Path.of("").toAbsolutePath();
        List<String> rows = spark.read()
                .parquet(local ? Path.of(source).toUri().toString() : source)
                .orderBy(functions.col("_metadata.file_path"), functions.col("_metadata.row_index"))
                .limit(MAX_ROWS + 1)
                .toJSON()
                .collectAsList();
        if (rows.size() > MAX_ROWS) {
            throw new InvalidRequestException(source + " has over " + MAX_ROWS + " rows; split it");
        }
        return PromptsFile.of(rows, source + " row", base, defaults);
    }
}
