package io.github.unipic.export.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.github.unipic.OutputException;
import io.github.unipic.export.ExportException;
import io.github.unipic.model.Manifest.FileSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The folder appears whole or not at all, and replaces only a model. */
class OutputFolderTest {
    private static final String MANIFEST = "{\"format_version\": 7, \"files\": {\"a.onnx\": {}}}";

    @TempDir
    private Path folder;

    private List<String> children() throws IOException {
        try (Stream<Path> paths = Files.list(folder)) {
            return paths.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private Path model(String manifest, String... files) throws IOException {
        Path model = Files.createDirectories(folder.resolve("model"));
        Files.writeString(model.resolve("unipic.json"), manifest);
        for (String file : files) {
            Files.writeString(model.resolve(file), "old");
        }
        return model;
    }

    private void assertRefused(boolean overwrite, String message) {
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() ->
                        OutputFolder.create(folder.resolve("model"), overwrite).close())
                .withMessage(folder.resolve("model") + " " + message);
    }

    @Test
    void nothingIsThereBeforeTheCommitAndEverythingAfter() throws IOException {
        Path target = folder.resolve("deep/model");
        try (OutputFolder output = OutputFolder.create(target, false)) {
            FileSpec spec = output.write("a.onnx", out -> out.write("abc".getBytes(StandardCharsets.US_ASCII)));
            // FIPS 180-2, appendix B.1
            assertThat(spec)
                    .isEqualTo(new FileSpec(3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
            assertThatExceptionOfType(FileAlreadyExistsException.class)
                    .isThrownBy(() -> output.write("a.onnx", out -> {}));
            assertThat(target).doesNotExist();
            output.commit();
            assertThat(target.resolve("a.onnx")).hasContent("abc");
        }
        assertThat(target).isDirectoryContaining("glob:**/a.onnx");
    }

    @Test
    void withoutACommitNothingRemains() throws IOException {
        try (OutputFolder output = OutputFolder.create(folder.resolve("model"), false)) {
            output.write("a.onnx", out -> out.write(1));
            assertThat(children()).isNotEmpty();
        }
        assertThat(children()).isEmpty();
    }

    @Test
    void aModelIsReplacedOnRequestOnly() throws IOException {
        Path model = model(MANIFEST, "a.onnx", ".DS_Store");
        assertRefused(false, "is there already; use --force to replace a model, or another folder.");
        try (OutputFolder output = OutputFolder.create(model, true)) {
            output.write("b.onnx", out -> out.write(1));
            output.commit();
        }
        assertThat(children()).containsExactly("model");
        assertThat(model.resolve("a.onnx")).doesNotExist();
        assertThat(model.resolve("b.onnx")).exists();
    }

    @Test
    void anEmptyFolderIsFree() throws IOException {
        Path model = Files.createDirectory(folder.resolve("model"));
        try (OutputFolder output = OutputFolder.create(model, false)) {
            output.write("a.onnx", out -> out.write(1));
            output.commit();
        }
        assertThat(model.resolve("a.onnx")).exists();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "{",
                "{\"format_version\": 1}",
                "{\"files\": {\"a.onnx\": {}}}",
                "{\"format_version\": 1, \"files\": [\"a.onnx\"]}",
                "{\"format_version\": \"1\", \"files\": {}}"
            })
    void whatIsNoModelIsNotReplaced(String manifest) throws IOException {
        model(manifest, "a.onnx");
        assertRefused(true, "is not an exported model, so it is not replaced; use another folder.");
    }

    @Test
    void aManifestOfAnyLengthIsNotRead() throws IOException {
        byte[] longest = Arrays.copyOf(MANIFEST.getBytes(StandardCharsets.US_ASCII), 16 << 20);
        Arrays.fill(longest, MANIFEST.length(), longest.length, (byte) ' ');
        Path manifest = model(MANIFEST).resolve("unipic.json");
        Files.write(manifest, longest);
        assertThatNoException()
                .isThrownBy(
                        () -> OutputFolder.create(folder.resolve("model"), true).close());
        Files.write(manifest, Arrays.copyOf(longest, longest.length + 1));
        assertRefused(true, "is not an exported model, so it is not replaced; use another folder.");
    }

    @Test
    void filesThatAreNotTheModelsAreKept() throws IOException {
        Path model = model(MANIFEST, "a.onnx", "photo.png");
        String message = "is not replaced, since it also holds photo.png, which is not of the model; move that away, or"
                + " use another folder.";
        assertRefused(true, message);
        Files.delete(model.resolve("photo.png"));
        Files.delete(model.resolve("a.onnx"));
        Files.createDirectory(model.resolve("a.onnx"));
        assertRefused(true, message.replace("photo.png", "a.onnx"));
    }

    @Test
    void whatComesMeanwhileIsNotReplaced() throws IOException {
        try (OutputFolder output = OutputFolder.create(folder.resolve("model"), false)) {
            Files.createDirectory(folder.resolve("model"));
            Files.writeString(folder.resolve("model/photo.png"), "mine");
            assertThatExceptionOfType(ExportException.class).isThrownBy(output::commit);
        }
        assertThat(folder.resolve("model/photo.png")).hasContent("mine");
        assertThat(children()).containsExactly("model");
    }

    @Test
    void aModelThatAKilledExportHadMovedAsideIsNotReplacedEither() throws IOException {
        String id = "01234567-89ab-cdef-0123-456789abcdef";
        Files.move(model(MANIFEST, "a.onnx"), folder.resolve(".model.old-" + id));
        Files.createFile(folder.resolve(".model.lock-" + id));
        assertRefused(false, "is there already; use --force to replace a model, or another folder.");
        assertThat(folder.resolve("model/a.onnx")).hasContent("old");
        assertThat(children()).containsExactly("model");
    }

    @Test
    void theRootIsNoOutputFolder() {
        Path root = folder.getRoot();
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> OutputFolder.create(root, true).close())
                .withMessageStartingWith(root.toString());
    }

    /** As an empty volume of a container: the export would fail at its very end. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @EnabledOnOs(OS.LINUX)
    void aMountPointIsRefusedAtOnce(boolean overwrite) {
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(
                        () -> OutputFolder.create(Path.of("/proc"), overwrite).close())
                .withMessage("/proc is a mount point, which cannot be replaced; name a folder below it.");
    }

    /** No disk has as much as can be asked for, and every disk has a byte. */
    @Test
    void theDiskHasRoomForAllOfIt() throws IOException {
        try (OutputFolder output = OutputFolder.create(folder.resolve("model"), false)) {
            long usable = Files.getFileStore(folder).getUsableSpace();
            assertThatNoException().isThrownBy(() -> output.requireSpace(usable / 2));
            assertThatExceptionOfType(OutputException.class)
                    .isThrownBy(() -> output.requireSpace(1L << 60))
                    .withMessageMatching("The export needs 1099511627776 MiB but the disk of .*model has \\d+ MiB left;"
                            + " free some, or use another disk\\.");
        }
    }
}
