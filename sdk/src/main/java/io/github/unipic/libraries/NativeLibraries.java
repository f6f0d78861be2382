package io.github.unipic.libraries;

import com.sun.jna.Platform;
import io.github.unipic.CacheFolder;
import io.github.unipic.InferenceException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Unpacks the native libraries of ONNX Runtime, the tokenizer and JNA once for all processes of this user. By
 * themselves each process would unpack them into the temporary folder or into folders of their own. Call a library's
 * method before its first use. A folder that the user has set through a library's own settings is respected.
 */
public final class NativeLibraries {
    private static final String ORT_FOLDER = "onnxruntime.native.path";
    private static final String JNA_FOLDER = "jna.boot.library.path";
    private static final String TOKENIZER_LIBRARY = "RUST_LIBRARY_PATH";
    private static final List<String> TOKENIZER_SETTINGS =
            List.of(TOKENIZER_LIBRARY, "DJL_CACHE_DIR", "ENGINE_CACHE_DIR");

    /** The libraries that ONNX Runtime loads at its start, if its jar has them. */
    private static final List<String> ORT_CORE = names(
            "onnxruntime", "onnxruntime4j_jni", "onnxruntime_providers_shared", "webgpu_dawn", "dxil", "dxcompiler");

    /** The libraries that it loads for a provider. */
    private static final List<String> ORT_PROVIDERS =
            names("onnxruntime_providers_cuda", "onnxruntime_providers_tensorrt");

    private static final Set<String> PREPARED_PROVIDERS = new HashSet<>();

    private static Optional<Path> onnxRuntime = Optional.empty();

    private NativeLibraries() {}

    /**
     * A folder in a jar, for libraries that are loaded by their path.
     *
     * @param resources the folder within the jar
     * @param name of the folder within the cache folder that they are unpacked into
     */
    public static UnpackedLibraries in(String resources, String name) {
        return new UnpackedLibraries(
                NativeLibraries.class.getClassLoader(), resources, List.of(CacheFolder.current(), temporary()), name);
    }

    /** For a user whose home is not writable or is mounted noexec. */
    private static Path temporary() {
        String user = System.getProperty("user.name").replaceAll("[^A-Za-z0-9._-]", "_");
        return Path.of(System.getProperty("java.io.tmpdir"), "unipic-" + user);
    }

    /** @throws InferenceException when there is no folder to unpack into */
    public static synchronized void prepareOnnxRuntime() {
        prepareJna();
        if (System.getProperty(ORT_FOLDER) != null || onnxRuntime.isPresent()) {
            return;
        }
        UnpackedLibraries jar = onnxRuntimeJar();
        List<String> core = ORT_CORE.stream().filter(jar::has).toList();
        if (core.size() >= 2) {
            Path folder = jar.unpack(onnxRuntimeFiles(jar), core);
            System.setProperty(ORT_FOLDER, folder.toString());
            onnxRuntime = Optional.of(folder);
        }
    }

    /**
     * Unpacks a provider's library next to ONNX Runtime itself, if that was unpacked here.
     *
     * @param name of the provider, as in its library's file name
     * @throws InferenceException when there is no folder to unpack into
     */
    public static synchronized void prepareProvider(String name) {
        String library = fileName("onnxruntime_providers_" + name);
        if (onnxRuntime.isEmpty() || PREPARED_PROVIDERS.contains(library)) {
            return;
        }
        UnpackedLibraries jar = onnxRuntimeJar();
        if (jar.has(library)) {
            jar.unpack(onnxRuntimeFiles(jar), List.of(library));
        }
        PREPARED_PROVIDERS.add(library);
    }

    /** Whether ONNX Runtime is the build on the class path, and not one that the user has named. */
    public static synchronized boolean isOnnxRuntimeOfClassPath() {
        String folder = System.getProperty(ORT_FOLDER);
        return folder == null || onnxRuntime.map(Path::toString).equals(Optional.of(folder));
    }

    /**
     * Unpacks ONNX Runtime's JNI library without ONNX Runtime itself.
     *
     * @return its path; empty if the class path has none for this machine
     * @throws InferenceException when there is no folder to unpack into
     */
    public static Optional<Path> onnxRuntimeJni() {
        UnpackedLibraries jar = onnxRuntimeJar();
        String library = fileName("onnxruntime4j_jni");
        return Optional.of(library)
                .filter(jar::has)
                .map(name -> jar.unpack(List.of(name)).resolve(name));
    }

    private static UnpackedLibraries onnxRuntimeJar() {
        String os = Platform.isWindows() ? "win" : Platform.isMac() ? "osx" : "linux";
        return in("ai/onnxruntime/native/" + os + "-" + machine("x64"), "onnxruntime");
    }

    /** All files of the jar: they share one folder for a version, whichever of them are unpacked. */
    private static List<String> onnxRuntimeFiles(UnpackedLibraries jar) {
        return Stream.concat(ORT_CORE.stream(), ORT_PROVIDERS.stream())
                .filter(jar::has)
                .toList();
    }

    /** @throws InferenceException when there is no folder to unpack into */
    public static synchronized void prepareTokenizers() {
        if (TOKENIZER_SETTINGS.stream()
                .anyMatch(name -> System.getenv(name) != null || System.getProperty(name) != null)) {
            return;
        }
        String os = Platform.isWindows() ? "win" : Platform.isMac() ? "osx" : "linux";
        UnpackedLibraries jar = in("native/lib/" + os + "-" + machine("x86_64") + "/cpu", "tokenizers");
        String library = fileName("tokenizers");
        List<String> files = Stream.of("libwinpthread-1.dll", "libgcc_s_seh-1.dll", "libstdc++-6.dll", library)
                .filter(jar::has)
                .toList();
        if (files.contains(library)) {
            System.setProperty(
                    TOKENIZER_LIBRARY, jar.unpack(files).resolve(library).toString());
        }
    }

    /** @throws InferenceException when there is no folder to unpack into */
    public static synchronized void prepareJna() {
        if (Stream.of(JNA_FOLDER, "jna.tmpdir", "jna.nounpack").anyMatch(name -> System.getProperty(name) != null)) {
            return;
        }
        UnpackedLibraries jar = in("com/sun/jna/" + Platform.RESOURCE_PREFIX, "jna");
        List<String> files = Stream.of(System.mapLibraryName("jnidispatch"), "libjnidispatch.jnilib")
                .filter(jar::has)
                .toList();
        if (!files.isEmpty()) {
            System.setProperty(JNA_FOLDER, jar.unpack(files).toString());
        }
    }

    private static String machine(String intel) {
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return arch.equals("amd64") || arch.equals("x86_64") ? intel : arch.equals("arm64") ? "aarch64" : arch;
    }

    private static List<String> names(String... libraries) {
        return Stream.of(libraries).map(NativeLibraries::fileName).toList();
    }

    private static String fileName(String library) {
        return System.mapLibraryName(library).replace("jnilib", "dylib");
    }
}
