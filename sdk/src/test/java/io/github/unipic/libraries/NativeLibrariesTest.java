package io.github.unipic.libraries;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** With the libraries of this class path, for this process. */
@EnabledOnOs(OS.LINUX)
class NativeLibrariesTest {
    @Test
    void aProcessFindsItsLibraries() {
        NativeLibraries.prepareOnnxRuntime();
        NativeLibraries.prepareTokenizers();
        assertThat(NativeLibraries.isOnnxRuntimeOfClassPath()).isTrue();
        assertThat(property("onnxruntime.native.path")).isDirectoryContaining("glob:**/libonnxruntime.so");
        assertThat(property("jna.boot.library.path")).isDirectoryContaining("glob:**/libjnidispatch.so");
        assertThat(property("RUST_LIBRARY_PATH")).isRegularFile().hasFileName("libtokenizers.so");
        assertThat(NativeLibraries.onnxRuntimeJni())
                .hasValueSatisfying(library -> assertThat(library).isRegularFile());
        assertThat(NativeLibraries.in("io/github/unipic", "none").has("libnone.so"))
                .isFalse();
    }

    private static Path property(String name) {
        return Path.of(System.getProperty(name));
    }
}
