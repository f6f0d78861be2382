package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.runtime.provider.OnnxRuntime;
import io.github.unipic.testing.ChildJvm;
import io.github.unipic.testing.SmallModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Another build of ONNX Runtime than that on the class path; a process can use only one. */
@EnabledOnOs(OS.LINUX)
class UseNativeRuntimeTest {
    private static final String RESOURCES =
            "ai/onnxruntime/native/linux-" + (System.getProperty("os.arch").equals("aarch64") ? "aarch64" : "x64");

    /** With the class path's build. */
    @TempDir
    private static Path unpacked;

    @TempDir
    private Path folder;

    private Path natives;

    /**
     * The process under test: draws an image or, without a model, gives the version, or says why not, and which library
     * it has mapped.
     */
    static final class Main {
        public static void main(String[] args) throws IOException {
            try {
                UniPic.useNativeRuntime(Path.of(args[0]));
                if (args.length > 1) {
                    draw(Path.of(args[1]));
                } else {
                    System.out.println("version " + OnnxRuntime.environment().getVersion());
                }
            } catch (UniPicException e) {
                System.out.println(e.getClass().getSimpleName() + ": " + e.getMessage());
            }
            Files.readAllLines(Path.of("/proc/self/maps")).stream()
                    .filter(line -> line.contains("/libonnxruntime.so"))
                    .map(line -> "mapped " + line.substring(line.indexOf('/')))
                    .distinct()
                    .forEach(System.out::println);
        }

        private static void draw(Path model) {
            try (UniPic unipic = UniPic.builder(model).threads(1).load()) {
                System.out.println("drew "
                        + unipic.generate(GenerateRequest.builder("a red circle")
                                        .size(32, 32)
                                        .iterations(2)
                                        .diffusionSteps(5)
                                        .build())
                                .size());
            }
        }
    }

    @BeforeAll
    static void unpack() throws IOException {
        for (String library : List.of("libonnxruntime.so", "libonnxruntime4j_jni.so")) {
            String resource = "/" + RESOURCES + "/" + library;
            try (InputStream in = UniPic.class.getResourceAsStream(resource)) {
                assertThat(in).as(resource).isNotNull();
                Files.copy(in, unpacked.resolve(library));
            }
        }
    }

    @BeforeEach
    void makeAFolder() throws IOException {
        natives = Files.createDirectory(folder.resolve("natives"));
    }

    private String run() throws IOException, InterruptedException {
        return ChildJvm.run(folder, Main.class, List.of(), List.of(natives.toString()), Map.of());
    }

    /** As where the temporary folder is full. The library is that of providers, which the CPU does without. */
    @Test
    void aLibraryThatCannotBeUnpackedIsNotLoggedWithAStackTrace() throws IOException, InterruptedException {
        add("libonnxruntime.so", natives.resolve("libonnxruntime.so"));
        String output = ChildJvm.run(
                folder,
                Main.class,
                List.of(),
                List.of(jarWithDamaged("libonnxruntime_providers_shared.so").toString()),
                List.of(natives.toString(), SmallModel.folder().toString()),
                Map.of());
        assertThat(output).contains("drew 1").doesNotContain("Exception").doesNotContain("Failed to extract");
    }

    private Path jarWithDamaged(String library) throws IOException {
        String name = RESOURCES + "/" + library;
        ByteArrayOutputStream zip = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(zip)) {
            out.putNextEntry(new ZipEntry(name));
            out.write(new byte[1000]);
            out.closeEntry();
        }
        byte[] bytes = zip.toByteArray();
        bytes[30 + name.length()] = (byte) 0xff; // behind the header: no such kind of block
        return Files.write(folder.resolve("damaged.jar"), bytes);
    }

    private static void add(String library, Path file) throws IOException {
        Files.createLink(file, unpacked.resolve(library));
    }

    @Test
    void theFoldersLibraryIsUsedThoughJavasPartIsNotThereAndItsNameHasAVersion()
            throws IOException, InterruptedException {
        Path core = natives.resolve("libonnxruntime.so.1.29.0");
        add("libonnxruntime.so", core);
        assertThat(run())
                .contains("version 1.29.0", "mapped " + core.toRealPath())
                .containsOnlyOnce("mapped");
    }

    @Test
    void javasPartInTheFolderIsUsed() throws IOException, InterruptedException {
        add("libonnxruntime.so", natives.resolve("libonnxruntime.so"));
        Files.writeString(natives.resolve("libonnxruntime4j_jni.so"), "not a library");
        assertThat(run()).contains("InferenceException: ONNX Runtime does not load from " + natives, "jni");
        Files.delete(natives.resolve("libonnxruntime4j_jni.so"));
        add("libonnxruntime4j_jni.so", natives.resolve("libonnxruntime4j_jni.so"));
        assertThat(run()).contains("version 1.29.0");
    }

    @Test
    void aLibraryThatDoesNotLoadIsOneLine() throws IOException, InterruptedException {
        Files.writeString(natives.resolve("libonnxruntime.so.1"), "not a library");
        assertThat(run().lines())
                .singleElement()
                .asString()
                .startsWith("InferenceException: ONNX Runtime does not load from " + natives + ": ");
    }
}
