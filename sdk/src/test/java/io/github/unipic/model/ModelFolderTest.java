package io.github.unipic.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.ModelFormatException;
import io.github.unipic.ModelInfo.Task;
import io.github.unipic.UniPic;
import io.github.unipic.testing.Folders;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Model folders with missing or wrong content. */
class ModelFolderTest {
    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void copyModel() throws IOException {
        model = Folders.copy(SmallModel.folder(), folder.resolve("model"));
    }

    private static void assertRefused(ThrowingCallable call, String... parts) {
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
    }

    private void edit(String from, String to) throws IOException {
        Path manifest = model.resolve("unipic.json");
        String text = Files.readString(manifest);
        assertThat(text).contains(from);
        Files.writeString(manifest, text.replace(from, to));
    }

    @Test
    void missingFolder() {
        assertRefused(() -> UniPic.load(folder.resolve("none")), "none", "unipic export");
    }

    @Test
    void aFolderThatIsNoModel() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertRefused(() -> UniPic.load(empty), "unipic.json");
    }

    @Test
    void unknownFormatVersion() throws IOException {
        edit("\"format_version\" : 1", "\"format_version\" : 99");
        assertRefused(() -> UniPic.load(model), "version 99", "export the model again");
    }

    @Test
    void truncatedManifest() throws IOException {
        Path manifest = model.resolve("unipic.json");
        Files.writeString(manifest, Files.readString(manifest).substring(0, 300));
        assertRefused(() -> UniPic.load(model), "unipic.json");
    }

    @Test
    void manifestWithoutSizes() throws IOException {
        edit("\"sizes\"", "\"sises\"");
        assertRefused(() -> UniPic.load(model), "unipic.json");
    }

    @Test
    void missingFile() throws IOException {
        Files.delete(model.resolve("mar_encoder.data"));
        assertRefused(() -> UniPic.load(model), "mar_encoder.data", "missing");
    }

    @Test
    void truncatedFile() throws IOException {
        try (RandomAccessFile file =
                new RandomAccessFile(model.resolve("mar_encoder.data").toFile(), "rw")) {
            file.setLength(file.length() - 1);
        }
        assertRefused(() -> UniPic.load(model), "mar_encoder.data", "truncated");
    }

    @Test
    void flippedBitIsFoundOnRequest() throws IOException {
        try (RandomAccessFile file =
                new RandomAccessFile(model.resolve("mar_encoder.data").toFile(), "rw")) {
            file.seek(1000);
            int value = file.read();
            file.seek(1000);
            file.write(value ^ 1);
        }
        UniPic.load(model).close();
        assertRefused(() -> UniPic.builder(model).verifyChecksums(true).load(), "mar_encoder.data", "SHA-256");
    }

    @Test
    void damagedGraphIsAModelErrorNotACrash() throws IOException {
        byte[] bytes = Files.readAllBytes(model.resolve("mar_encoder.onnx"));
        Arrays.fill(bytes, 100, bytes.length - 100, (byte) 0xff);
        ModelCopy copy = ModelCopy.of(model, folder.resolve("copy"));
        copy.replace("mar_encoder.onnx", bytes);
        try (UniPic unipic = UniPic.load(copy.finish())) {
            assertRefused(() -> unipic.generate("a red circle"), "mar_encoder.onnx");
        }
    }

    /** However many files are read at once, the message is the same each time. */
    @Test
    void ofSeveralDamagedFilesTheManifestsFirstIsNamed() throws IOException {
        List<String> damaged = List.of("mar_decoder.onnx", "mar_encoder.onnx", "token_sampler.onnx", "tokenizer.json");
        for (String name : damaged) {
            byte[] bytes = Files.readAllBytes(model.resolve(name));
            bytes[bytes.length / 2] ^= 1;
            Files.write(model.resolve(name), bytes);
        }
        String first =
                Manifest.parse(Files.readAllBytes(model.resolve(Manifest.FILE_NAME)), "").files().keySet().stream()
                        .filter(damaged::contains)
                        .findFirst()
                        .orElseThrow();
        for (int i = 0; i < 20; i++) {
            assertRefused(() -> UniPic.load(model), first, "SHA-256");
        }
    }

    /** All but the weights, which native code trusts. */
    @ParameterizedTest
    @ValueSource(strings = {"mar_encoder.onnx", "token_sampler.onnx", "tokenizer.json"})
    void aFlippedBitInASmallFileIsAlwaysFound(String name) throws IOException {
        byte[] bytes = Files.readAllBytes(model.resolve(name));
        bytes[bytes.length / 2] ^= 1;
        Files.write(model.resolve(name), bytes);
        assertRefused(() -> UniPic.load(model), name, "SHA-256");
    }

    @Test
    void aMissingGraphIsNamedWhenItIsNeeded() throws IOException {
        edit("\"token_sampler\" : {", "\"token_sampler_of_the_future\" : {");
        try (UniPic unipic = UniPic.load(model)) {
            assertThat(unipic.info().tasks()).doesNotContain(Task.GENERATE);
            assertRefused(() -> unipic.generate("a red circle"), "token_sampler");
        }
    }

    @Test
    void relativeFoldersAreFolders() {
        Path here = Path.of("").toAbsolutePath().relativize(model);
        UniPic.load(here.resolve(".")).close();
    }

    @Test
    void brokenTokenizer() throws IOException {
        Path tokenizer = model.resolve("tokenizer.json");
        byte[] bytes = Files.readAllBytes(tokenizer);
        bytes[0] = 'x';
        Files.write(tokenizer, bytes);
        assertRefused(() -> UniPic.load(model), "tokenizer.json");
    }
}
