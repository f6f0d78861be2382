package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.generation.LanguageModel;
import io.github.unipic.libraries.NativeLibraries;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.runtime.TestExecution;
import io.github.unipic.testing.ChildJvm;
import io.github.unipic.testing.Folders;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Paths that are passed to native code: with characters that Java's native interface encodes differently, and of
 * libraries.
 */
class NativePathsTest {
    private static final String NAME = "модель 😀 𠮷";

    @TempDir
    private Path folder;

    /**
     * The process under test: draws an image, or says twice why not; then what is in its temporary folder, and from
     * where its libraries are.
     */
    static final class Main {
        public static void main(String[] args) throws IOException {
            for (int attempt = 0; attempt < 2; attempt++) {
                try (UniPic unipic = UniPic.builder(Path.of(args[0])).threads(1).load()) {
                    draw(unipic);
                    System.out.println("drew");
                    break;
                } catch (UniPicException e) {
                    System.out.println(e.getClass().getSimpleName() + ": " + e.getMessage());
                }
            }
            Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
            try (Stream<Path> files = Files.walk(temporary)) {
                files.filter(file -> !file.equals(temporary))
                        .filter(file -> !file.toString().contains("hsperfdata"))
                        .forEach(file -> System.out.println("temporary " + file));
            }
            Files.readAllLines(Path.of("/proc/self/maps")).stream()
                    .filter(line -> line.matches(".*(onnxruntime|tokenizers|jnidispatch).*\\.so.*"))
                    .map(line -> "mapped " + line.substring(line.indexOf('/')))
                    .distinct()
                    .forEach(System.out::println);
        }
    }

    private static void draw(UniPic unipic) {
        unipic.generate(GenerateRequest.builder("a red circle")
                .size(32, 32)
                .iterations(2)
                .diffusionSteps(2)
                .build());
    }

    private String run(Path model, Path temporary, Map<String, String> environment, String... options)
            throws IOException, InterruptedException {
        return ChildJvm.run(
                folder,
                Main.class,
                Stream.concat(Stream.of("-Djava.io.tmpdir=" + temporary), Stream.of(options))
                        .toList(),
                List.of(model.toString()),
                environment);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void modelsOpen(boolean mapped) throws IOException {
        Path model = Folders.copy(SmallModel.folder(), folder.resolve(NAME));
        try (UniPic unipic =
                UniPic.builder(model).mapped(mapped).keepLoaded(false).load()) {
            draw(unipic);
            assertThat(unipic.describe(DescribeRequest.builder("What?")
                            .image(TestImages.gradient(64, 64))
                            .maxTokens(3)
                            .build()))
                    .isNotNull();
        }
    }

    @Test
    void profilesAreWritten() throws IOException {
        Path profiles = Files.createDirectory(folder.resolve(NAME));
        RuntimeOptions options =
                new RuntimeOptions(OptionalInt.of(1), ExecutionProvider.CPU, Optional.of(profiles), Memory.DEFAULTS);
        try (Engine engine = Engine.open(ModelFolder.open(SmallModel.folder(), false), options)) {
            new LanguageModel(TestExecution.of(engine))
                    .embed(new long[][] {{1}})
                    .close();
            assertThat(engine.graphs().endProfiling().get(GraphName.TEXT_EMBEDDING))
                    .isRegularFile()
                    .hasParent(profiles);
        }
    }

    @Test
    void optionsThatCannotBeHandedOnAreRefused() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> UniPic.builder(SmallModel.folder())
                        .provider(ExecutionProvider.of("cuda").withOption("trt_engine_cache_path", "/" + NAME))
                        .load())
                .withMessageContainingAll("trt_engine_cache_path", "U+FFFF");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void librariesAreUnpackedIntoTheCacheOnly() throws IOException, InterruptedException {
        Path cache = folder.resolve("cache " + NAME);
        Path temporary = Files.createDirectory(folder.resolve("temporary"));
        Path model = Folders.copy(SmallModel.folder(), folder.resolve(NAME));
        Map<String, String> environment = Map.of("UNIPIC_CACHE", cache.toString());
        String output = run(model, temporary, environment);
        assertThat(output).contains("drew").doesNotContain("Exception").doesNotContain("temporary ");
        assertThat(output.lines().filter(line -> line.startsWith("mapped")))
                .hasSizeGreaterThanOrEqualTo(4)
                .allMatch(line -> line.contains("/cache " + NAME + "/"));
        assertThat(temporary).isEmptyDirectory();
        assertThat(ChildJvm.run(folder, Unpacking.class, List.of(), List.of(), environment))
                .contains("unpacked " + cache)
                .doesNotContain("Unpacking");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aCacheThatCannotBeWrittenGivesWayToTheTemporaryFolder() throws IOException, InterruptedException {
        Path file = Files.writeString(folder.resolve("in the way"), "");
        Path temporary = Files.createDirectory(folder.resolve("temporary"));
        String output = ChildJvm.run(
                folder,
                Unpacking.class,
                List.of("-Djava.io.tmpdir=" + temporary),
                List.of(),
                Map.of("UNIPIC_CACHE", file.toString()));
        assertThat(output).contains("unpacked " + temporary.resolve("unipic-"));
    }

    /** Unpacks the smallest library, and says where. */
    static final class Unpacking {
        public static void main(String[] args) {
            NativeLibraries.prepareJna();
            System.out.println("unpacked " + System.getProperty("jna.boot.library.path"));
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void whereThereIsNoFolderAtAllOneLineSaysWhatToSet() throws IOException, InterruptedException {
        Path file = Files.writeString(folder.resolve("in the way"), "");
        Path temporary = Files.createDirectory(folder.resolve("temporary"));
        Files.writeString(temporary.resolve("unipic-me"), "in the way, too");
        String output = run(SmallModel.folder(), temporary, Map.of("UNIPIC_CACHE", file.toString()), "-Duser.name=me");
        assertThat(output.lines().limit(2))
                .allMatch(line -> line.startsWith("InferenceException: Libraries cannot be unpacked into " + file)
                        && line.contains("UNIPIC_CACHE"));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aTemporaryFolderThatIsMissingIsNamed() throws IOException, InterruptedException {
        Path cache = folder.resolve("cache");
        String output = ChildJvm.run(
                folder,
                Loading.class,
                List.of("-Djava.io.tmpdir=" + folder.resolve("none")),
                List.of(SmallModel.folder().toString()),
                Map.of("UNIPIC_CACHE", cache.toString()));
        assertThat(output.lines().filter(line -> line.startsWith("failed")))
                .hasSize(2)
                .allMatch(line -> line.contains("java.io.tmpdir"));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aBrokenLibraryIsOneLineEachTime() throws IOException, InterruptedException {
        Path natives = Files.createDirectory(folder.resolve("natives"));
        Files.writeString(natives.resolve("libonnxruntime.so"), "not a library");
        Files.writeString(natives.resolve("libonnxruntime4j_jni.so"), "not a library");
        String output = ChildJvm.run(
                folder,
                Loading.class,
                List.of("-Donnxruntime.native.path=" + natives),
                List.of(SmallModel.folder().toString()),
                Map.of());
        assertThat(output.lines().filter(line -> line.startsWith("failed")))
                .hasSize(2)
                .allMatch(line -> line.contains("do not load") && line.contains("libonnxruntime"));
    }

    /** Loads a model, or says twice why not. */
    static final class Loading {
        public static void main(String[] args) {
            for (int attempt = 0; attempt < 2; attempt++) {
                try (UniPic unipic = UniPic.builder(Path.of(args[0])).threads(1).load()) {
                    System.out.println("loaded " + unipic.info().name());
                    break;
                } catch (UniPicException e) {
                    System.out.println("failed: " + e.getMessage());
                }
            }
        }
    }
}
