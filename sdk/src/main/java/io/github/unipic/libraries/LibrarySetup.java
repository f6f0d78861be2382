package io.github.unipic.libraries;

import com.sun.jna.Platform;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Unpacks what the class path has for this machine and sets the system properties through which the libraries find it.
 * What the user has set already is respected. Thread-safe.
 */
final class LibrarySetup {
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

    private final ClassLoader classPath;
    private final Supplier<List<Path>> bases;
    private final Supplier<Properties> properties;
    private final UnaryOperator<String> environment;
    private final Set<String> preparedProviders = new HashSet<>();
    private Optional<Path> onnxRuntime = Optional.empty();

    /**
     * @param bases folders of this user; the first that is usable is used
     * @param properties the system's
     * @param environment gives the value of a variable, or null
     */
    LibrarySetup(
            ClassLoader classPath,
            Supplier<List<Path>> bases,
            Supplier<Properties> properties,
            UnaryOperator<String> environment) {
        this.classPath = classPath;
        this.bases = bases;
        this.properties = properties;
        this.environment = environment;
    }

    UnpackedLibraries in(String resources, String name) {
        return new UnpackedLibraries(classPath, resources, bases.get(), name);
    }

    synchronized void prepareOnnxRuntime() {
        prepareJna();
        if (isSet(ORT_FOLDER)) {
            return;
        }
        UnpackedLibraries jar = onnxRuntimeJar();
        List<String> core = ORT_CORE.stream().filter(jar::has).toList();
        if (core.size() >= 2) {
            Path folder = jar.unpack(onnxRuntimeFiles(jar), core);
            set(ORT_FOLDER, folder);
            onnxRuntime = Optional.of(folder);
        }
    }

    synchronized void prepareProvider(String name) {
        String library = fileName("onnxruntime_providers_" + name);
        if (onnxRuntime.isEmpty() || preparedProviders.contains(library)) {
            return;
        }
        UnpackedLibraries jar = onnxRuntimeJar();
        if (jar.has(library)) {
            jar.unpack(onnxRuntimeFiles(jar), List.of(library));
        }
        preparedProviders.add(library);
    }

    synchronized boolean isOnnxRuntimeOfClassPath() {
        String folder = properties.get().getProperty(ORT_FOLDER);
        return folder == null || onnxRuntime.map(Path::toString).equals(Optional.of(folder));
    }

    Optional<Path> onnxRuntimeJni() {
        UnpackedLibraries jar = onnxRuntimeJar();
        String library = fileName("onnxruntime4j_jni");
        return Optional.of(library)
                .filter(jar::has)
                .map(name -> jar.unpack(List.of(name)).resolve(name));
    }

    private UnpackedLibraries onnxRuntimeJar() {
        return in("ai/onnxruntime/native/" + os() + "-" + machine("x64"), "onnxruntime");
    }

    /** All files of the jar: they share one folder for a version, whichever of them are unpacked. */
    private static List<String> onnxRuntimeFiles(UnpackedLibraries jar) {
        return Stream.concat(ORT_CORE.stream(), ORT_PROVIDERS.stream())
                .filter(jar::has)
                .toList();
    }

    synchronized void prepareTokenizers() {
        if (TOKENIZER_SETTINGS.stream().anyMatch(name -> environment.apply(name) != null || isSet(name))) {
            return;
        }
        UnpackedLibraries jar = in("native/lib/" + os() + "-" + machine("x86_64") + "/cpu", "tokenizers");
        String library = fileName("tokenizers");
        List<String> files = Stream.of("libwinpthread-1.dll", "libgcc_s_seh-1.dll", "libstdc++-6.dll", library)
                .filter(jar::has)
                .toList();
        if (files.contains(library)) {
            set(TOKENIZER_LIBRARY, jar.unpack(files).resolve(library));
        }
    }

    synchronized void prepareJna() {
        if (Stream.of(JNA_FOLDER, "jna.tmpdir", "jna.nounpack").anyMatch(this::isSet)) {
            return;
        }
        UnpackedLibraries jar = in("com/sun/jna/" + Platform.RESOURCE_PREFIX, "jna");
        List<String> files = Stream.of(System.mapLibraryName("jnidispatch"), "libjnidispatch.jnilib")
                .filter(jar::has)
                .toList();
        if (!files.isEmpty()) {
            set(JNA_FOLDER, jar.unpack(files));
        }
    }

    private boolean isSet(String property) {
        return properties.get().getProperty(property) != null;
    }

    private void set(String property, Path value) {
        properties.get().setProperty(property, value.toString());
    }

    private static String os() {
        return Platform.isWindows() ? "win" : Platform.isMac() ? "osx" : "linux";
    }

    private String machine(String intel) {
        String arch = properties.get().getProperty("os.arch").toLowerCase(Locale.ROOT);
        return arch.equals("amd64") || arch.equals("x86_64") ? intel : arch.equals("arm64") ? "aarch64" : arch;
    }

    private static List<String> names(String... libraries) {
        return Stream.of(libraries).map(LibrarySetup::fileName).toList();
    }

    private static String fileName(String library) {
        return System.mapLibraryName(library).replace("jnilib", "dylib");
    }
}
