package io.github.unipic.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.batch.BatchFolder;
import io.github.unipic.batch.ManifestLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CollectedTest {
    @TempDir
    private Path folder;

    private long now;

    /** The first line at once, so that a driver that is killed leaves the name of the model. */
    @Test
    void linesAreWrittenWhileTheJobRuns() {
        Collected collected = collected(folder);
        collected.apply(0, result(0, "small"));
        assertThat(written()).containsExactly(0);
        now += TimeUnit.SECONDS.toNanos(59);
        collected.apply(1, result(1, "small"));
        assertThat(written()).containsExactly(0);
        now += TimeUnit.SECONDS.toNanos(1);
        collected.apply(2, result(2, "small"));
        assertThat(written()).containsExactly(0, 1, 2);
        assertThat(collected.made()).isEqualTo(3);
    }

    @Test
    void theJobGoesOnWhereTheyCannotBeWritten() {
        Path gone = folder.resolve("gone");
        Collected collected = collected(gone);
        collected.apply(0, result(0, "small"));
        collected.apply(1, result(1, "small"));
        assertThat(collected.made()).isEqualTo(2);
        assertThat(gone).doesNotExist();
    }

    @Test
    void anotherModelEndsTheJobAndTheNextRun() throws IOException {
        SparkManifest manifest = new SparkManifest(folder, SparkManifestTest.entries(2));
        Collected collected = new Collected(manifest, 2, () -> now);
        collected.apply(0, result(0, "small"));
        assertThatThrownBy(() -> collected.apply(1, result(1, "large")))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage(folder + " contains images of the model small, but 00001.png is of large; give all"
                        + " machines the same model, and choose another folder");
        manifest.writeJsonLines();
        Files.createFile(folder.resolve("00000.png"));
        Files.createFile(folder.resolve("00001.png"));
        assertThatThrownBy(() -> new SparkManifest(folder, SparkManifestTest.entries(2)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("00001.png is of large");
    }

    private Collected collected(Path out) {
        return new Collected(new SparkManifest(out, SparkManifestTest.entries(3)), 3, () -> now);
    }

    private List<Integer> written() {
        return BatchFolder.lines(folder).stream().map(ManifestLine::index).toList();
    }

    static PartitionResult result(int index, String model) {
        String line = SparkManifestTest.line(index, 7, "1.5").toString().replace("small", model);
        return new PartitionResult(List.of(line), List.of(), List.of());
    }
}
