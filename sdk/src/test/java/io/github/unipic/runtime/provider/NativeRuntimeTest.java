package io.github.unipic.runtime.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.unipic.InferenceException;
import io.github.unipic.InvalidRequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks of a folder of native libraries without loading them; {@code UseNativeRuntimeTest} loads some. */
class NativeRuntimeTest {
    private static final Path CORE = Path.of("libonnxruntime.so");

    @ParameterizedTest
    @ValueSource(strings = {"1.22.0", "1.9.1", "1.22"})
    void anOldVersionIsRefused(String version) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> NativeRuntime.requireUsable(CORE, version))
                .withMessage("libonnxruntime.so is ONNX Runtime " + version + ", which is too old; use 1.23 or later.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.23.0", "1.100.0", "1.30.0-dev", "2.0.0"})
    void aNewerOneIsNot(String version) {
        NativeRuntime.requireUsable(CORE, version);
    }

    @Test
    void aFolderWithoutTheLibraryIsRefused(@TempDir Path folder) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> NativeRuntime.load(folder))
                .withMessageContaining(folder.toString());
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> NativeRuntime.load(folder.resolve("missing")))
                .withMessageContaining("There is no folder " + folder.resolve("missing"));
    }

    @Test
    void itIsTooLateOnceOnnxRuntimeIsInUse(@TempDir Path folder) {
        OnnxRuntime.environment();
        assertThatIllegalStateException()
                .isThrownBy(() -> OnnxRuntime.useNative(folder))
                .withMessageContaining("before anything else");
    }

    private static Path inUse() {
        OnnxRuntime.environment();
        return Path.of(System.getProperty("onnxruntime.native.path"));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void theShortestNameIsTaken(@TempDir Path folder) throws IOException {
        Files.createFile(folder.resolve("libonnxruntime.so.1.29.0"));
        Files.createFile(folder.resolve("libonnxruntime4j_jni.so"));
        Files.createFile(folder.resolve("lib.so"));
        assertThat(NativeRuntime.core(folder)).isEqualTo(folder.resolve("libonnxruntime.so.1.29.0"));
        Files.createFile(folder.resolve("libonnxruntime.so.1"));
        assertThat(NativeRuntime.core(folder)).isEqualTo(folder.resolve("libonnxruntime.so.1"));
    }

    @Test
    void aLibraryTellsItsVersion() {
        String version = NativeRuntime.version(NativeRuntime.core(inUse()));
        assertThat(version).isEqualTo(OnnxRuntime.environment().getVersion()).matches("1\\.\\d+\\.\\d+");
    }

    /** The build that this process has: loading it once more does nothing. */
    @Test
    void whatIsLoadedIsWhatOnnxRuntimeUses() {
        Path folder = inUse();
        String[] skipped = {"onnxruntime.native.onnxruntime.skip", "onnxruntime.native.onnxruntime4j_jni.skip"};
        try {
            System.clearProperty("onnxruntime.native.path");
            NativeRuntime.load(folder);
            assertThat(System.getProperty("onnxruntime.native.path")).isEqualTo(folder.toString());
            assertThat(skipped).allMatch(Boolean::getBoolean);
        } finally {
            System.setProperty("onnxruntime.native.path", folder.toString());
            for (String property : skipped) {
                System.clearProperty(property);
            }
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aLibraryThatDoesNotLoadIsSaidInOneLine(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("libonnxruntime.so"), "not a library");
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> NativeRuntime.load(folder))
                .withMessageStartingWith("ONNX Runtime does not load from " + folder + ": ")
                .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1));
    }
}
