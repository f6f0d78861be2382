package io.github.unipic.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.batch.BatchEntry;
import io.github.unipic.batch.BatchTask;
import io.github.unipic.batch.PromptsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables of other programs. */
class PromptsTest {
    private static SparkSession spark;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        SmallJob.beginLocal();
        spark = SparkSession.builder().getOrCreate();
    }

    @AfterAll
    static void end() throws IOException {
        spark.close();
        SmallJob.endLocal();
    }

    /** As pandas writes a column of whole numbers of which one is missing. */
    @Test
    void wholeNumbersMayComeAsDoubles() {
        List<BatchEntry> entries = read("VALUES ('a', 7.0D), ('b', NULL) AS t(prompt, seed)");
        assertThat(entries)
                .extracting(
                        entry -> ((BatchTask.Generate) entry.task()).request().seed())
                .extracting(seed -> seed.orElse(-1))
                .containsExactly(7L, -1L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"X'6120666f78' AS prompt", "'a fox' AS question, array(X'61') AS images"})
    void binaryValuesAreNoText(String columns) {
        String column = columns.substring(columns.lastIndexOf(' ') + 1);
        assertThatThrownBy(() -> read("(SELECT " + columns + ")"))
                .isInstanceOf(InvalidRequestException.class)
                .message()
                .startsWith(folder.resolve("t.parquet") + " has binary values in the column " + column + "; write text")
                .hasLineCount(1);
    }

    @Test
    void ignoredColumnsMayBeBinary() {
        assertThat(read("(SELECT 'a fox' AS prompt, X'61' AS thumbnail)")).hasSize(1);
    }

    /** A pattern is one only where no file has that name. */
    @Test
    void namesMayLookLikePatterns() throws IOException {
        for (String name : List.of("a[1]{2}?*\\.parquet", "a1.parquet")) {
            spark.sql("SELECT '" + (name.length() > 10 ? "this" : "other") + "' AS prompt")
                    .write()
                    .parquet(LocalPath.of(folder.resolve(name)));
            assertThat(folder.resolve(name)).isDirectory();
        }
        assertThat(prompts(folder.resolve("a[1]{2}?*\\.parquet").toString())).containsExactly("this");
        assertThat(prompts(folder.resolve("a?.parquet").toString())).containsExactly("other");
        assertThat(Files.isDirectory(folder.resolve("a?.parquet"))).isFalse();
    }

    private List<BatchEntry> read(String table) {
        Path file = folder.resolve("t.parquet");
        spark.sql("SELECT * FROM " + table).coalesce(1).write().parquet(LocalPath.of(file));
        return Prompts.read(spark, file.toString(), (builder, index) -> {}).entries();
    }

    private static List<String> prompts(String source) {
        PromptsFile prompts = Prompts.read(spark, source, (builder, index) -> {});
        return prompts.entries().stream().map(entry -> entry.task().prompt()).toList();
    }
}
