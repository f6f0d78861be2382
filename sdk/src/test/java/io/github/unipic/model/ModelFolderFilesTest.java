package io.github.unipic.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.ModelFormatException;
import io.github.unipic.files.Sha256;
import io.github.unipic.model.Manifest.TensorSpec;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A folder whose files contain their own names: the files are compared with the manifest. */
class ModelFolderFilesTest {
    private static final long MOST_SMALL = 268_435_456;

    @TempDir
    private Path folder;

    private TinyManifest manifest;

    @BeforeEach
    void writeFiles() throws IOException {
        manifest = TinyManifest.read();
        for (String name : names()) {
            write(name, name.getBytes(StandardCharsets.UTF_8));
        }
        writeManifest();
    }

    private List<String> names() {
        return manifest.json()
                .get("files")
                .propertyStream()
                .map(field -> field.getKey())
                .toList();
    }

    private void write(String name, byte[] content) throws IOException {
        Files.write(folder.resolve(name), content);
        ((ObjectNode) manifest.json().at("/files/" + name))
                .put("bytes", content.length)
                .put("sha256", Sha256.of(content));
    }

    private void writeManifest() throws IOException {
        Files.write(folder.resolve("unipic.json"), manifest.bytes());
    }

    private void assertRefused(boolean verifyChecksums, String message) {
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> ModelFolder.open(folder, verifyChecksums))
                .withMessage(message);
    }

    @Test
    void tellsWhatItIs() throws IOException {
        ModelFolder model = ModelFolder.open(folder.resolve("none").resolve(".."), true);
        assertThat(model.path()).isEqualTo(folder.toAbsolutePath());
        assertThat(model.manifest().name()).isEqualTo("tiny");
        assertThat(model.tokenizer()).isEqualTo(model.path().resolve("tokenizer.json"));
        assertThat(model.file(GraphName.TEXT_HEAD)).isEqualTo(model.path().resolve("text_head.onnx"));
        assertThat(model.has(GraphName.TEXT_HEAD)).isTrue();
        assertThat(model.bytes())
                .isEqualTo(names().stream().mapToInt(String::length).sum());
        assertThat(model.digest()).isEqualTo(Sha256.of(manifest.bytes()));
    }

    @Test
    void aGraphThatIsNotThereIsNamed() throws IOException {
        ((ObjectNode) manifest.json().get("graphs")).remove("vision_encoder");
        writeManifest();
        ModelFolder model = ModelFolder.open(folder, false);
        assertThat(model.has(GraphName.VISION_ENCODER)).isFalse();
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> model.spec(GraphName.VISION_ENCODER))
                .withMessage("The model in " + folder + " has no graph vision_encoder, which this task needs; export a"
                        + " checkpoint that contains that part.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tokenizer.json", "text_head.onnx", "text_embedding.data"})
    void everyFileIsThereInItsLength(String name) throws IOException {
        Path file = folder.resolve(name).toAbsolutePath();
        Files.writeString(file, name + "!");
        assertRefused(
                false,
                file + " has " + (name.length() + 1) + " bytes, expected " + name.length()
                        + ": it is truncated or not of this model; export or copy it again.");
        Files.delete(file);
        assertRefused(false, file + " is missing; export or copy the model again.");
        Files.createDirectory(file);
        assertRefused(false, file + " is missing; export or copy the model again.");
    }

    /** The weights' only on request. */
    @ParameterizedTest
    @CsvSource({"tokenizer.json, true", "text_head.onnx, true", "text_embedding.data, false"})
    void checksums(String name, boolean always) throws IOException {
        Path file = folder.resolve(name).toAbsolutePath();
        Files.writeString(file, name.toUpperCase(Locale.ROOT));
        String message =
                file + " does not have the SHA-256 that the manifest gives: it is damaged or not of this model;"
                        + " export or copy it again.";
        assertRefused(true, message);
        if (always) {
            assertRefused(false, message);
        } else {
            assertThatNoException().isThrownBy(() -> ModelFolder.open(folder, false));
        }
    }

    @Test
    void onlyWeightsAreLarge() throws IOException {
        for (String name : List.of("text_embedding.data", "tokenizer.json")) {
            try (RandomAccessFile file =
                    new RandomAccessFile(folder.resolve(name).toFile(), "rw")) {
                file.setLength(MOST_SMALL + 1);
            }
            ((ObjectNode) manifest.json().at("/files/" + name)).put("bytes", MOST_SMALL + 1);
            writeManifest();
            if (name.equals("tokenizer.json")) {
                assertRefused(
                        false,
                        folder.resolve(name) + " has 268435457 bytes, but only weights have more than 268435456; export"
                                + " the model again.");
            } else {
                assertThatNoException().isThrownBy(() -> ModelFolder.open(folder, false));
            }
        }
    }

    @Test
    void aManifestHas4MebibytesAtMost() throws IOException {
        byte[] json = manifest.bytes();
        byte[] padded = Arrays.copyOf(json, 4 << 20);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        Path file = Files.write(folder.resolve("unipic.json"), padded);
        assertThat(ModelFolder.open(folder, false).digest()).isEqualTo(Sha256.of(padded));
        Files.write(file, new byte[(4 << 20) + 1]);
        assertRefused(false, file + " is too large for a manifest; export the model again.");
    }

    @Test
    void whatIsNoModelFolder() throws IOException {
        Path none = folder.resolve("none");
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> ModelFolder.open(none, false))
                .withMessage("There is no model folder " + none + "; make one with `unipic export`.");
        Files.createDirectory(none);
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> ModelFolder.open(none, false))
                .withMessageStartingWith(none + " has no unipic.json, so it is not an exported model; ");
    }

    @Test
    void whatAnInterruptedExportHasMovedAsideIsNamed() throws IOException {
        String id = "01234567-89ab-cdef-0123-456789abcdef";
        Path aside = Files.createDirectory(folder.resolve(".none.old-" + id));
        Files.createFile(folder.resolve(".none.lock-" + id));
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> ModelFolder.open(folder.resolve("none"), false))
                .withMessage("There is no model folder " + folder.resolve("none") + "; an export was interrupted"
                        + " while replacing it; rename " + aside + " to restore it.");
    }

    @Test
    void aFolderThatChangedIsNoticed() throws IOException {
        ModelFolder model = ModelFolder.open(folder, false);
        assertThatNoException().isThrownBy(model::requireUnchanged);
        String message = "The model folder " + folder + " has changed since it was loaded, or is gone; load it again.";
        manifest.set("/name", "\"another\"");
        writeManifest();
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(model::requireUnchanged)
                .withMessage(message);
        Files.delete(folder.resolve("unipic.json"));
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(model::requireUnchanged)
                .withMessage(message);
        Files.createDirectory(folder.resolve("unipic.json"));
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(model::requireUnchanged)
                .withMessageStartingWith("The model folder " + folder + " cannot be read (");
    }

    @Test
    void tensorsAreFoundByName() {
        Manifest.GraphSpec spec = ModelFolder.open(folder, false).spec(GraphName.DIFFUSION_HEAD);
        assertThat(spec.input("timestep")).isEqualTo(new TensorSpec("timestep", "int64", List.of("1")));
        assertThat(spec.output("eps_and_variance").toString()).isEqualTo("eps_and_variance float32 [M,32]");
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> spec.input("eps_and_variance"))
                .withMessage(
                        "The manifest gives diffusion_head.onnx no input eps_and_variance; export the model again.");
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> spec.output("x"))
                .withMessage("The manifest gives diffusion_head.onnx no output x; export the model again.");
    }

    @Test
    void onlyAGivenAxisHasALength() {
        TensorSpec tensor = new TensorSpec("x", "float32", List.of("M", "32", "999999999", "1000000000", "0", "8+V"));
        assertThat(tensor.length(1)).isEqualTo(32);
        assertThat(tensor.length(2)).isEqualTo(999_999_999);
        for (int axis : new int[] {0, 3, 4, 5, 6}) {
            assertThatExceptionOfType(ModelFormatException.class)
                    .isThrownBy(() -> tensor.length(axis))
                    .withMessage("The manifest gives axis " + axis
                            + " of the tensor x float32 [M,32,999999999,1000000000,0,8+V] no length; export the model"
                            + " again.");
        }
    }
}
