package io.github.unipic.samples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.unipic.Cancellation;
import io.github.unipic.Image;
import io.github.unipic.conformance.EmbeddedCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole commands on the real built-in model: what a newcomer does. */
class EndToEndTest {
    @TempDir
    private static Path cache;

    @TempDir
    private Path folder;

    private Map<String, String> environment;

    @BeforeEach
    void keepTheUsersCacheFolderOut() {
        // Every operating system's variable but the Mac's, where the cache folder has none.
        environment = Map.of("XDG_CACHE_HOME", cache.toString(), "LOCALAPPDATA", cache.toString());
    }

    @Test
    void generateDrawsAPictureAndSaysSo() {
        Path fox = folder.resolve("fox.png");
        CommandLineRun run = run("generate", "A red fox in the snow", "-o", fox.toString(), "--seed", "7");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.outLines().get(0)).startsWith("Wrote " + fox + " (").contains("seed 7");
        assertThat(run.outLines().get(1)).startsWith("Took ");
        assertThat(run.err()).contains("built-in test model", "noise");
        assertThat(Image.read(fox).request().orElseThrow().prompt()).isEqualTo("A red fox in the snow");
    }

    @Test
    void aPictureCanBeDrawnAgain() {
        Path fox = folder.resolve("fox.png");
        Path again = folder.resolve("again.png");
        run("generate", "A fox", "-q", "-o", fox.toString(), "--size", "48x32", "--steps", "5", "--guidance", "2");
        CommandLineRun run = run("generate", "-q", "--from", fox.toString(), "-o", again.toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(Image.read(again).width()).isEqualTo(48);
        assertThat(Image.read(again).height()).isEqualTo(32);
        assertThat(Image.read(again).rgb()).isEqualTo(Image.read(fox).rgb());
    }

    @Test
    void severalPicturesAreNumberedAndDiffer() {
        CommandLineRun run = run(
                "generate",
                "A fox",
                "-q",
                "--count",
                "2",
                "--steps",
                "5",
                "--seed",
                "7",
                "-o",
                folder.resolve("fox.png").toString());
        Path first = folder.resolve("fox-1.png");
        Path second = folder.resolve("fox-2.png");
        assertThat(run.outLines()).containsExactly(first.toString(), second.toString());
        assertThat(run.err()).isEmpty();
        assertThat(Image.read(first).rgb()).isNotEqualTo(Image.read(second).rgb());
        assertThat(Image.read(second).request().orElseThrow().seed()).hasValue(8);
    }

    @Test
    void cancellingLeavesNoFile() throws IOException {
        Cancellation cancellation = new Cancellation();
        cancellation.cancel();
        CommandLineRun run = CommandLineRun.in(
                environment,
                cancellation,
                "generate",
                "A fox",
                "-o",
                folder.resolve("fox.png").toString());
        assertThat(run.exitCode()).isEqualTo(130);
        assertThat(run.errLines()).last().isEqualTo("unipic: cancelled");
        assertThat(files()).isEmpty();
    }

    @Test
    void exportMakesAModelThatInfoDescribesAndRefusesToReplaceIt() throws IOException {
        EmbeddedCheckpoint.copyTo(folder);
        String checkpoint = folder.resolve("checkpoint").toString();
        String model = folder.resolve("model").toString();
        CommandLineRun export = run("export", "--checkpoint", checkpoint, "--out", model);
        assertThat(export.exitCode()).as(export.err()).isZero();
        assertThat(export.outLines()).last().asString().startsWith("Wrote " + model);

        CommandLineRun info = run("info", "--model", model);
        assertThat(info.exitCode()).as(info.err()).isZero();
        assertThat(info.out()).contains(model, "generate", "pixel_decoder.onnx", "ONNX Runtime 1.", "float32");

        CommandLineRun again = run("export", "--checkpoint", checkpoint, "--out", model);
        assertThat(again.exitCode()).isEqualTo(2);
        assertThat(again.errLines()).hasSize(1).first().asString().contains("model");
        assertThat(run("export", "--checkpoint", checkpoint, "--out", model, "--force", "-q")
                        .exitCode())
                .isZero();
    }

    @Test
    void aCancelledExportLeavesNothing() throws IOException {
        EmbeddedCheckpoint.copyTo(folder);
        List<Path> before = files();
        Cancellation cancellation = new Cancellation();
        cancellation.cancel();
        CommandLineRun run = CommandLineRun.in(
                environment,
                cancellation,
                "export",
                "--checkpoint",
                folder.resolve("checkpoint").toString(),
                "--out",
                folder.resolve("model").toString());
        assertThat(run.exitCode()).isEqualTo(130);
        assertThat(files()).isEqualTo(before);
    }

    @Test
    void conformancePassesHereAndWritesItsReport() throws IOException {
        Path report = folder.resolve("report.json");
        CommandLineRun run = run("conformance", "--json", report.toString());
        assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
        assertThat(run.outLines()).last().asString().startsWith("PASS: ");
        JsonNode json = new ObjectMapper().readTree(report.toFile());
        assertThat(json.path("passed").asBoolean()).isTrue();
        assertThat(json.path("comparisons"))
                .isNotEmpty()
                .allSatisfy(comparison -> assertThat(comparison.fieldNames())
                        .toIterable()
                        .containsExactly("file", "tensor", "metric", "value", "limit", "passed"));
        assertThat(run.outLines()).hasSize(json.path("comparisons").size() + 1);
    }

    @Test
    void conformanceThatComparesNothingIsNoSuccess() throws IOException {
        EmbeddedCheckpoint.copyTo(folder);
        Path empty = Files.createDirectory(folder.resolve("empty"));
        CommandLineRun run = run(
                "conformance", "--checkpoint", folder.resolve("checkpoint").toString(), "--golden", empty.toString());
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.errLines()).hasSize(1);
    }

    private CommandLineRun run(String... args) {
        return CommandLineRun.in(environment, args);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            return list.sorted().toList();
        }
    }
}
