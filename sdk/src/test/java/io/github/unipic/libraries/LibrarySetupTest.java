package io.github.unipic.libraries;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Jars with substitutes for the libraries, under the names that they have for Linux. */
@EnabledOnOs(OS.LINUX)
class LibrarySetupTest {
    private static final String ORT = "ai/onnxruntime/native/linux-x64";
    private static final String JNA = "com/sun/jna/" + Platform.RESOURCE_PREFIX;

    @TempDir
    private Path temporary;

    private final Properties properties = new Properties();
    private final Map<String, String> environment = new HashMap<>();
    private LibraryJar jar;

    @BeforeEach
    void setMachine() {
        properties.setProperty("os.arch", "amd64");
    }

    @AfterEach
    void closeJar() throws IOException {
        jar.close();
    }

    private LibrarySetup setup(String folder, String... libraries) throws IOException {
        return setup(folder, Arrays.stream(libraries).collect(Collectors.toMap(name -> name, name -> name)));
    }

    private LibrarySetup setup(String folder, Map<String, String> contents) throws IOException {
        jar = LibraryJar.writeIn(folder, temporary.resolve("a.jar"), contents);
        return new LibrarySetup(jar.classPath(), () -> List.of(cache()), () -> properties, environment::get);
    }

    private Path cache() {
        return temporary.resolve("cache");
    }

    private Path folder(String property) {
        return Path.of(properties.getProperty(property));
    }

    private static List<String> entries(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void onnxRuntimeIsUnpackedWithoutProvidersAndThenWithThose() throws IOException {
        LibrarySetup setup = setup(
                ORT,
                "libonnxruntime.so",
                "libonnxruntime4j_jni.so",
                "libonnxruntime_providers_shared.so",
                "libonnxruntime_providers_cuda.so",
                "libonnxruntime_providers_tensorrt.so",
                "libother.so");
        setup.prepareProvider("cuda");
        assertThat(cache()).as("before ONNX Runtime").doesNotExist();
        setup.prepareOnnxRuntime();
        Path folder = folder("onnxruntime.native.path");
        assertThat(folder).hasParent(cache().resolve("onnxruntime").toRealPath());
        assertThat(entries(folder))
                .containsExactly("libonnxruntime.so", "libonnxruntime4j_jni.so", "libonnxruntime_providers_shared.so");
        assertThat(folder.resolve("libonnxruntime.so")).hasContent("libonnxruntime.so");
        assertThat(setup.isOnnxRuntimeOfClassPath()).isTrue();

        setup.prepareProvider("cuda");
        setup.prepareProvider("webgpu");
        assertThat(entries(folder)).hasSize(4).contains("libonnxruntime_providers_cuda.so");
        Files.delete(folder.resolve("libonnxruntime_providers_cuda.so"));
        Files.delete(folder.resolve("libonnxruntime.so"));
        setup.prepareProvider("cuda");
        setup.prepareOnnxRuntime();
        assertThat(entries(folder)).as("each only once in a process").hasSize(2);
    }

    /** Also where only a provider's library differs, which may be unpacked later. */
    @Test
    void anotherVersionGoesElsewhere() throws IOException {
        Map<String, String> version = new HashMap<>(Map.of("libonnxruntime.so", "1", "libonnxruntime4j_jni.so", "1"));
        version.put("libonnxruntime_providers_cuda.so", "1");
        setup(ORT, version).prepareOnnxRuntime();
        Path first = folder("onnxruntime.native.path");
        jar.close();
        properties.remove("onnxruntime.native.path");
        version.put("libonnxruntime_providers_cuda.so", "2");
        setup(ORT, version).prepareOnnxRuntime();
        assertThat(folder("onnxruntime.native.path"))
                .hasParent(first.getParent())
                .isNotEqualTo(first);
    }

    @Test
    void aBuildThatTheUserNamesIsUsed() throws IOException {
        LibrarySetup setup =
                setup(ORT, "libonnxruntime.so", "libonnxruntime4j_jni.so", "libonnxruntime_providers_cuda.so");
        properties.setProperty("onnxruntime.native.path", "/mine");
        assertThat(setup.isOnnxRuntimeOfClassPath()).isFalse();
        setup.prepareOnnxRuntime();
        setup.prepareProvider("cuda");
        assertThat(properties).containsEntry("onnxruntime.native.path", "/mine");
        assertThat(cache()).doesNotExist();
    }

    /** Alone, the Java classes' library would be set without what it needs. */
    @Test
    void aPartOfOnnxRuntimeIsNotSet() throws IOException {
        LibrarySetup setup = setup(ORT, "libonnxruntime4j_jni.so", "libonnxruntime_providers_cuda.so");
        setup.prepareOnnxRuntime();
        setup.prepareProvider("cuda");
        assertThat(properties).doesNotContainKey("onnxruntime.native.path");
        assertThat(cache()).doesNotExist();
        assertThat(setup.isOnnxRuntimeOfClassPath()).isTrue();
    }

    @Test
    void theLibraryOfOnnxRuntimesJavaClassesIsUnpackedAlone() throws IOException {
        LibrarySetup setup = setup(ORT, "libonnxruntime.so", "libonnxruntime4j_jni.so");
        assertThat(setup.onnxRuntimeJni()).hasValueSatisfying(library -> {
            assertThat(library).hasFileName("libonnxruntime4j_jni.so").hasContent("libonnxruntime4j_jni.so");
            assertThat(library.resolveSibling("libonnxruntime.so")).doesNotExist();
        });
        assertThat(properties).doesNotContainKey("onnxruntime.native.path");
        setup.prepareOnnxRuntime();
        assertThat(folder("onnxruntime.native.path")).isDirectoryContaining("glob:**/libonnxruntime.so");
        properties.setProperty("os.arch", "riscv64");
        assertThat(setup.onnxRuntimeJni()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "amd64,   linux-x64,     linux-x86_64",
        "AMD64,   linux-x64,     linux-x86_64",
        "x86_64,  linux-x64,     linux-x86_64",
        "aarch64, linux-aarch64, linux-aarch64",
        "arm64,   linux-aarch64, linux-aarch64",
        "ppc64le, linux-ppc64le, linux-ppc64le",
    })
    void everyMachineHasItsFolders(String machine, String onnxRuntime, String tokenizers) throws IOException {
        properties.setProperty("os.arch", machine);
        LibrarySetup setup = setup("ai/onnxruntime/native/" + onnxRuntime, "libonnxruntime4j_jni.so");
        assertThat(setup.onnxRuntimeJni()).isPresent();
        jar.close();
        setup("native/lib/" + tokenizers + "/cpu", "libtokenizers.so").prepareTokenizers();
        assertThat(folder("RUST_LIBRARY_PATH")).hasFileName("libtokenizers.so");
    }

    @Test
    void theTokenizersLibraryIsSet() throws IOException {
        setup("native/lib/linux-x86_64/cpu", "libtokenizers.so", "libwinpthread-1.dll")
                .prepareTokenizers();
        Path library = folder("RUST_LIBRARY_PATH");
        assertThat(library).hasContent("libtokenizers.so").hasFileName("libtokenizers.so");
        assertThat(library.getParent()).hasParent(cache().resolve("tokenizers").toRealPath());
        assertThat(entries(library.getParent())).containsExactly("libtokenizers.so", "libwinpthread-1.dll");
    }

    @ParameterizedTest
    @ValueSource(strings = {"RUST_LIBRARY_PATH", "DJL_CACHE_DIR", "ENGINE_CACHE_DIR"})
    void theTokenizersOwnSettingsAreRespected(String name) throws IOException {
        LibrarySetup setup = setup("native/lib/linux-x86_64/cpu", "libtokenizers.so");
        environment.put(name, "/mine");
        setup.prepareTokenizers();
        environment.clear();
        properties.setProperty(name, "/mine");
        setup.prepareTokenizers();
        assertThat(cache()).doesNotExist();
        assertThat(properties).containsEntry(name, "/mine").hasSize(2);
    }

    @Test
    void aJarWithoutTheTokenizersLibrarySetsNothing() throws IOException {
        setup("native/lib/linux-x86_64/cpu", "libgcc_s_seh-1.dll").prepareTokenizers();
        assertThat(properties).containsOnlyKeys("os.arch");
    }

    @Test
    void jnasFolderIsSetAndAlsoForOnnxRuntime() throws IOException {
        setup(JNA, "libjnidispatch.so").prepareOnnxRuntime();
        Path folder = folder("jna.boot.library.path");
        assertThat(folder).hasParent(cache().resolve("jna").toRealPath());
        assertThat(folder.resolve("libjnidispatch.so")).hasContent("libjnidispatch.so");
    }

    @ParameterizedTest
    @ValueSource(strings = {"jna.boot.library.path", "jna.tmpdir", "jna.nounpack"})
    void jnasOwnSettingsAreRespected(String name) throws IOException {
        properties.setProperty(name, "/mine");
        setup(JNA, "libjnidispatch.so").prepareJna();
        assertThat(properties).containsEntry(name, "/mine").hasSize(2);
        assertThat(cache()).doesNotExist();
    }

    @Test
    void aClassPathWithoutJnasLibrarySetsNothing() throws IOException {
        setup(JNA, "libother.so").prepareJna();
        assertThat(properties).containsOnlyKeys("os.arch");
    }
}
