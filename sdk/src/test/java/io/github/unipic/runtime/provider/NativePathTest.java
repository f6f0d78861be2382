package io.github.unipic.runtime.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.InferenceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Emoji and some Han are beyond the basic plane; Cyrillic is not. */
@DisabledOnOs(OS.WINDOWS)
class NativePathTest {
    private static final String EMOJI = "модель 😀";

    @TempDir
    private Path temporary;

    @Test
    void onlyCharactersOfTheBasicPlanePass() {
        assertThat(NativePath.passes("модель é 汉 \uffff")).isTrue();
        assertThat(NativePath.passes("a😀")).isFalse();
        assertThat(NativePath.passes("𠮷")).isFalse();
    }

    @Test
    void aFolderThatPassesIsTakenAsItIs() throws IOException {
        Path folder = Files.createDirectory(temporary.resolve("модель"));
        try (NativePath path = NativePath.of(folder)) {
            assertThat(path.path()).isSameAs(folder);
            path.keep();
        }
        assertThat(folder).isDirectory();
    }

    @Test
    void anotherIsReachedByALinkUntilClosed() throws IOException {
        Path folder = Files.createDirectory(temporary.resolve(EMOJI));
        Path file = Files.createFile(folder.resolve("file"));
        Path link;
        try (NativePath path = NativePath.of(folder)) {
            link = path.path();
            assertThat(NativePath.passes(link.toString())).isTrue();
            assertThat(link.resolve("file")).isRegularFile();
            assertThat(link.toRealPath()).isEqualTo(folder.toRealPath());
        }
        assertThat(link).doesNotExist();
        assertThat(link.getParent()).doesNotExist();
        assertThat(file).exists();
    }

    @Test
    void whatNativeCodeMayLookForLaterIsKept() throws IOException {
        Path folder = Files.createDirectory(temporary.resolve(EMOJI));
        Path link;
        try (NativePath path = NativePath.of(folder)) {
            link = path.path();
            path.keep();
        }
        assertThat(Files.isSymbolicLink(link)).isTrue();
        Files.delete(link);
        Files.delete(link.getParent());
    }

    @Test
    void whereTheTemporaryFolderDoesNotPassEitherOneLineSaysSo() throws IOException {
        Path folder = Files.createDirectory(temporary.resolve(EMOJI));
        String before = System.setProperty("java.io.tmpdir", folder.toString());
        try {
            assertThatExceptionOfType(InferenceException.class)
                    .isThrownBy(() -> NativePath.of(folder))
                    .withMessageContainingAll("ONNX Runtime cannot open " + folder, "temporary folder", "rename")
                    .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1));
        } finally {
            System.setProperty("java.io.tmpdir", before);
        }
    }
}
