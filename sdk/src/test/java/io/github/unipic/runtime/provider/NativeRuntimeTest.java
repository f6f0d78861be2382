package io.github.unipic.runtime.provider;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.unipic.InvalidRequestException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
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
}
