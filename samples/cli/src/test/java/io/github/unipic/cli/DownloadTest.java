package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import io.github.unipic.Image;
import io.github.unipic.conformance.EmbeddedCheckpoint;
import io.github.unipic.export.Precision;
import io.github.unipic.testing.SmallHub;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Downloads the small checkpoint from a hub on loopback, exports it and generates an image, with the README's commands.
 */
class DownloadTest {
    private static final String UNIPIC = "Skywork/Skywork-UniPic-1.5B";
    private static final String QWEN = "Qwen/Qwen2.5-1.5B-Instruct";
    private static final String SIGLIP = "google/siglip2-so400m-patch16-512";

    @TempDir
    private Path folder;

    private final Map<String, String> environment = new HashMap<>();
    private SmallHub hub;

    @BeforeEach
    void fillTheHub() throws IOException {
        EmbeddedCheckpoint.RANDOM.copyTo(folder.resolve("tiny"));
        Path checkpoint = folder.resolve("tiny/checkpoint");
        hub = SmallHub.start()
                .addAll(UNIPIC, checkpoint)
                .addAll(QWEN, checkpoint.resolve("Qwen2.5-1.5B-Instruct"))
                .addAll(SIGLIP, checkpoint.resolve("siglip2-so400m-patch16-512"));
        // One of the two folders is in the repository, the other in its own.
        hub.remove(UNIPIC, "siglip2-so400m-patch16-512/config.json");
        hub.remove(UNIPIC, "siglip2-so400m-patch16-512/preprocessor_config.json");
        environment.put("HF_ENDPOINT", hub.endpoint());
        environment.put("HF_HOME", folder.resolve("hf").toString());
        environment.put("UNIPIC_DATA", folder.resolve("data").toString());
        environment.putAll(CommandLineRun.BUILT_IN);
    }

    @AfterEach
    void stopTheHub() {
        hub.close();
    }

    private CommandLineRun run(String... args) {
        return CommandLineRun.in(environment, args);
    }

    @Test
    void theReadmesTwoLinesDownloadExportAndGenerate() {
        CommandLineRun download = run("download", "--export", "fp32");
        assertThat(download.exitCode()).as(download.err()).isZero();
        Path model = folder.resolve("data/models/Skywork-UniPic-1.5B-fp32");
        assertThat(download.err())
                .contains(UNIPIC + ": license mit, http", QWEN + ": license mit", SIGLIP + ": license mit", "to fetch");
        assertThat(download.out())
                .contains("The checkpoint is " + folder.resolve("data/checkpoints/Skywork-UniPic-1.5B"))
                .contains("Wrote " + model, "The commands now use it");

        Path fox = folder.resolve("fox.png");
        CommandLineRun generate = run("generate", "A red fox", "-o", fox.toString(), "--steps", "5", "--size", "64");
        assertThat(generate.exitCode()).as(generate.err()).isZero();
        assertThat(generate.err()).as("it is not the built-in model").doesNotContain("built-in");
        assertThat(Image.read(fox).width()).isEqualTo(64);

        assertThat(run("info").out())
                .contains("Folder   " + model, "Chosen   downloaded, and the last one exported; without --model")
                .contains("vision_encoder.onnx");
    }

    @Test
    void aForkOfTheSameNameHasFoldersOfItsOwn() {
        DownloadedModel models = new DownloadedModel(folder);
        String fork = "alice/Skywork-UniPic-1.5B";
        assertThat(models.checkpoint(fork)).isEqualTo(folder.resolve("checkpoints/alice--Skywork-UniPic-1.5B"));
        assertThat(models.model(fork, Precision.INT8))
                .isEqualTo(folder.resolve("models/alice--Skywork-UniPic-1.5B-int8"));
    }

    @Test
    void runAgainItOnlyDoesWhatIsNew() throws IOException {
        assertThat(run("download", "--export", "fp32").exitCode()).isZero();
        hub.forget();
        CommandLineRun again = run("download", "--export", "fp32");
        assertThat(again.out())
                .contains("nothing was fetched", "exists already")
                .doesNotContain("Wrote");
        assertThat(hub.requests()).noneMatch(request -> request.path().contains("/resolve/"));

        CommandLineRun other = run("download", "--export", "int8");
        assertThat(other.out()).contains("nothing was fetched", "Wrote");
        assertThat(run("info").out()).contains("Skywork-UniPic-1.5B-int8");
        assertThat(run("download", "--export", "fp32").out()).contains("exists already");
        assertThat(run("info").out()).contains("Skywork-UniPic-1.5B-fp32");

        // A checkpoint that has changed since makes another model.
        Path config = folder.resolve("tiny/checkpoint/Qwen2.5-1.5B-Instruct/config.json");
        hub.add(UNIPIC, "Qwen2.5-1.5B-Instruct/config.json", Files.readString(config) + "\n");
        assertThat(run("download", "--export", "fp32").out()).contains("Wrote");
        assertThat(run("download", "--export", "fp32", "--force").out()).contains("Wrote");
    }

    @Test
    void whatTheUserNamesComesBeforeWhatWasDownloaded() {
        Path out = folder.resolve("mine");
        CommandLineRun download = run("download", "--export", "fp32", "--out", out.toString(), "-q");
        assertThat(download.exitCode()).as(download.err()).isZero();
        assertThat(download.out() + download.err()).isEmpty();
        Path model = folder.resolve("mine-fp32");
        assertThat(run("info").out()).contains("Folder   " + model, "Chosen   downloaded");
        assertThat(run("info", "--model", model.toString()).out()).contains("Chosen   named by --model");
        environment.put("UNIPIC_MODEL", model.toString());
        assertThat(run("info").out()).contains("Chosen   named by UNIPIC_MODEL, without --model");
        environment.put("UNIPIC_MODEL", "elsewhere");
        assertThat(run("info").exitCode()).isEqualTo(2);
    }

    @Test
    void aDownloadedModelThatIsGoneIsNotMissedInSilence() throws IOException {
        Path data = Files.createDirectories(folder.resolve("data"));
        Files.writeString(data.resolve("current-model"), folder.resolve("gone") + "\n");
        CommandLineRun info = run("info");
        assertThat(info.exitCode()).isZero();
        assertThat(info.out()).contains("Chosen   built in", folder.resolve("gone") + " no longer exists");
        Files.writeString(data.resolve("current-model"), "\u0000 relative");
        Session session = CommandLineRun.session(
                "", OutputStream.nullOutputStream(), OutputStream.nullOutputStream(), environment, new Cancellation());
        ModelChoice choice = ModelChoice.of(Optional.empty(), session);
        assertThat(choice.folder()).isEmpty();
        assertThat(choice.reason()).contains("built in", "no model was downloaded");
    }

    @Test
    void aSnapshotOfTheHubsCacheIsExportedUnderItsRepositorysName() throws IOException {
        Path repository = folder.resolve("hf/hub/models--Skywork--Skywork-UniPic-1.5B");
        Path snapshot = repository.resolve("snapshots").resolve("1".repeat(40));
        Path checkpoint = folder.resolve("tiny/checkpoint");
        Files.createDirectories(repository.resolve("blobs"));
        Files.createDirectories(repository.resolve("refs"));
        Files.writeString(repository.resolve("refs/main"), "1".repeat(40));
        try (var walk = Files.walk(checkpoint)) {
            for (Path file : walk.filter(Files::isRegularFile).toList()) {
                Path link = snapshot.resolve(checkpoint.relativize(file).toString());
                Path blob = repository.resolve("blobs").resolve(SmallHub.sha256(Files.readAllBytes(file)));
                Files.copy(file, blob, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                Files.createDirectories(link.getParent());
                Files.createSymbolicLink(link, link.getParent().relativize(blob));
            }
        }
        CommandLineRun export = run(
                "export",
                "--checkpoint",
                repository.toString(),
                "--out",
                folder.resolve("m").toString());
        assertThat(export.exitCode()).as(export.err()).isZero();
        assertThat(run("info", "--model", folder.resolve("m").toString()).out())
                .contains("Model    Skywork-UniPic-1.5B (");

        environment.put("HF_HUB_OFFLINE", "1");
        CommandLineRun offline = run("download", "--export", "fp32");
        assertThat(offline.out()).as(offline.err()).contains("The checkpoint is " + snapshot, "Wrote");
        assertThat(hub.requests()).isEmpty();
    }

    @Test
    void anErrorIsOneLineAndWrongNamesAreWrongUsage() {
        hub.answer("/api/", SmallHub.status(404));
        CommandLineRun failed = run("download");
        assertThat(failed.exitCode()).isEqualTo(1);
        assertThat(failed.errLines())
                .hasSize(1)
                .first()
                .asString()
                .startsWith("unipic: ")
                .contains("--repo", "HF_TOKEN");
        List<String[]> wrong = List.of(
                new String[] {"download", "--repo", "UniPic"},
                new String[] {"download", "--revision", "../x"},
                new String[] {"download", "--parallel", "0"},
                new String[] {"download", "--out", "/"},
                new String[] {"download", "--export", "int5"});
        for (String[] args : wrong) {
            CommandLineRun run = run(args);
            assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
            assertThat(run.errLines()).hasSize(1);
        }
    }

    @Test
    void aCancelledDownloadStopsAndKeepsWhatItHas() {
        Cancellation cancellation = new Cancellation();
        cancellation.cancel();
        CommandLineRun run = CommandLineRun.in(environment, cancellation, "download");
        assertThat(run.exitCode()).isEqualTo(130);
        assertThat(run.errLines()).containsExactly("unipic: cancelled");
        assertThat(run("download").exitCode()).isZero();
    }
}
