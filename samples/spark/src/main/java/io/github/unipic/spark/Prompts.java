package io.github.unipic.spark;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.batch.PromptsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** The prompts of a job, from JSON lines or a table. */
final class Prompts {
    private static final int MAX_ROWS = 1_000_000;

    private Prompts() {}

    static PromptsFile read(SparkSession spark, String source, PromptsFile.Defaults defaults) {
        boolean parquet = source.endsWith(".parquet") || source.contains("://") || Files.isDirectory(Path.of(source));
        return parquet ? parquet(spark, source, defaults) : PromptsFile.read(Path.of(source), defaults);
    }

    /** Rows are ordered by file and number, so that each has the same index in each run. */
    private static PromptsFile parquet(SparkSession spark, String source, PromptsFile.Defaults defaults) {
        boolean local = !source.contains(":");
        Path base = local
                ? Path.of(source).toAbsolutePath().getParent()
                : Path.of("").toAbsolutePath();
        Dataset<Row> table = spark.read().parquet(local ? localTable(Path.of(source)) : source);
        requireNoBinary(source, table.schema());
        List<String> rows = table.orderBy(functions.col("_metadata.file_path"), functions.col("_metadata.row_index"))
                .limit(MAX_ROWS + 1)
                .toJSON()
                .collectAsList();
        if (rows.size() > MAX_ROWS) {
            throw new InvalidRequestException(source + " has over " + MAX_ROWS + " rows; split it");
        }
        return PromptsFile.of(rows, source + " row", base, defaults);
    }

    /** A pattern, such as {@code part-*.parquet}, is one only if nothing has that name. */
    private static String localTable(Path source) {
        return Files.exists(source) ? LocalPath.literal(source) : LocalPath.of(source);
    }

    /** In JSON, binary values are base64, which would be taken for the text. */
    private static void requireNoBinary(String source, StructType columns) {
        for (StructField column : columns.fields()) {
            DataType type = column.dataType() instanceof ArrayType list ? list.elementType() : column.dataType();
            if (type.equals(DataTypes.BinaryType) && PromptsFile.isKey(column.name())) {
                throw new InvalidRequestException(source + " has binary values in the column " + column.name()
                        + "; write text there, or, if it is text, give --conf spark.sql.parquet.binaryAsString=true");
            }
        }
    }
}
