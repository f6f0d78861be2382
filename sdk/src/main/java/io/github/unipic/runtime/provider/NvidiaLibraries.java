package io.github.unipic.runtime.provider;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import io.github.unipic.InferenceException;
import io.github.unipic.libraries.NativeLibraries;
import io.github.unipic.libraries.UnpackedLibraries;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/**
 * NVIDIA's libraries that ONNX Runtime's providers are linked to. They come from the system or, if it lacks any of a
 * group, all of that group from the optional jars on the class path. They are loaded before ONNX Runtime looks for
 * them, as it then uses those already in the process. Thread-safe.
 */
final class NvidiaLibraries {
    private static final String PLATFORM = (Platform.isWindows() ? "windows" : "linux") + "-x86_64";

    // The second one, with cuBLAS and cuDNN, also has an older CUDA runtime, so the order matters.
    private static final String ARTIFACTS = "org.bytedeco:cuda-redist:12.9-9.10-1.5.12:" + PLATFORM
            + " and, after it, org.bytedeco:cuda:12.6-9.5-1.5.11:" + PLATFORM + "-redist";

    /** A function that is new in CUDA 12.8 and that ONNX Runtime 1.29 requires. */
    private static final Map<String, String> FUNCTIONS =
            Map.of("libcudart.so.12", "cudaLibraryGetKernel", "cudart64_12.dll", "cudaLibraryGetKernel");

    /**
     * Libraries that must have one version and come from one source.
     *
     * @param name for messages
     * @param required in the order in which they depend on each other, as of ONNX Runtime 1.29
     * @param optional libraries that they can use; loaded first, if the jar has them
     * @param packages in NVIDIA's Debian and Ubuntu repositories
     */
    record Group(String name, List<String> required, List<String> optional, String packages) {}

    // ONNX Runtime is linked to these four (readelf -d); it does not need cuFFT, as no graph has a Fourier transform.
    static final Group CUDA = new Group(
            "CUDA 12.8 or a later 12",
            Platform.isWindows()
                    ? List.of("cudart64_12.dll", "cublasLt64_12.dll", "cublas64_12.dll")
                    : List.of("libcudart.so.12", "libcublasLt.so.12", "libcublas.so.12", "libcurand.so.10"),
            List.of(),
            "cuda-cudart-12-9 libcublas-12-9 libcurand-12-9");

    // ONNX Runtime opens cuDNN's main library by name when a convolution needs it, and that opens the others.
    static final Group CUDNN = new Group(
            "cuDNN 9",
            Stream.of("graph", "ops", "cnn", "engines_precompiled", "engines_runtime_compiled", "heuristic", "")
                    .map(NvidiaLibraries::cudnn)
                    .toList(),
            Platform.isWindows()
                    ? List.of("zlibwapi.dll", "nvrtc-builtins64_129.dll", "nvrtc64_120_0.dll", cudnn("adv"))
                    : List.of("libnvrtc-builtins.so.12.9", "libnvrtc.so.12", cudnn("adv")),
            "libcudnn9-cuda-12");

    static final Group TENSOR_RT = new Group(
            "TensorRT 10",
            Platform.isWindows()
                    ? List.of("nvinfer_10.dll", "nvonnxparser_10.dll")
                    : List.of("libnvinfer.so.10", "libnvonnxparser.so.10"),
            List.of(),
            "libnvinfer10 libnvonnxparsers10");

    static String cudnn(String part) {
        String name = part.isEmpty() ? "cudnn" : "cudnn_" + part;
        return Platform.isWindows() ? name + "64_9.dll" : "lib" + name + ".so.9";
    }

    /** The one instance of this process. */
    static final NvidiaLibraries HERE = new NvidiaLibraries(
            NvidiaLibraries::loadNative, NativeLibraries.in("org/bytedeco/cuda/" + PLATFORM, "cuda"));

    /** Loads a library by its name or path; it stays loaded until closed. */
    interface Loader {
        /** @throws UnsatisfiedLinkError when the library, or one that it needs, is missing */
        Closeable load(String library);
    }

    /** Loads with JNA; a library that is too old counts as missing. */
    private static Closeable loadNative(String library) {
        NativeLibrary loaded = NativeLibrary.getInstance(library);
        String function = FUNCTIONS.get(Path.of(library).getFileName().toString());
        try {
            if (function != null) {
                loaded.getFunction(function);
            }
            return loaded;
        } catch (UnsatisfiedLinkError e) {
            loaded.close();
            throw new UnsatisfiedLinkError("it is older than CUDA 12.8, as it lacks " + function);
        }
    }

    private final Loader loader;
    private final UnpackedLibraries jar;

    /** Referenced until the process ends, as JNA closes unreferenced libraries. */
    private final Map<String, List<Closeable>> loaded = new TreeMap<>();

    NvidiaLibraries(Loader loader, UnpackedLibraries jar) {
        this.loader = loader;
        this.jar = jar;
    }

    /**
     * Loads a group, unless it is loaded.
     *
     * @return what is missing and how to get it; empty when the group is loaded
     * @throws InferenceException when the jar's libraries cannot be unpacked or do not load
     */
    synchronized Optional<String> load(Group group) {
        if (loaded.containsKey(group.name())) {
            return Optional.empty();
        }
        List<Closeable> opened = new ArrayList<>();
        List<String> missing = missingFromSystem(group, opened);
        String source = "the system";
        if (!missing.isEmpty()) {
            close(opened);
            if (!jarHas(group)) {
                return Optional.of(advice(group, missing));
            }
            source = loadFromJar(group, opened).toString();
        }
        loaded.put(group.name(), opened);
        LoggerFactory.getLogger(NvidiaLibraries.class).info("{} is loaded from {}", group.name(), source);
        return Optional.empty();
    }

    /** What is missing and how to get it, empty if nothing is. Keeps nothing loaded, and unpacks nothing. */
    synchronized Optional<String> missing(Group group) {
        if (loaded.containsKey(group.name()) || jarHas(group)) {
            return Optional.empty();
        }
        List<Closeable> opened = new ArrayList<>();
        List<String> missing = missingFromSystem(group, opened);
        close(opened);
        return missing.isEmpty() ? Optional.empty() : Optional.of(advice(group, missing));
    }

    private List<String> missingFromSystem(Group group, List<Closeable> opened) {
        List<String> missing = new ArrayList<>();
        for (String library : group.required()) {
            try {
                opened.add(loader.load(library));
            } catch (UnsatisfiedLinkError e) {
                missing.add(library);
            }
        }
        return missing;
    }

    private boolean jarHas(Group group) {
        return group.required().stream().allMatch(jar::has);
    }

    private Path loadFromJar(Group group, List<Closeable> opened) {
        List<String> libraries = Stream.concat(group.optional().stream().filter(jar::has), group.required().stream())
                .toList();
        Path folder = jar.unpack(libraries);
        for (String library : libraries) {
            try {
                opened.add(loader.load(folder.resolve(library).toString()));
            } catch (UnsatisfiedLinkError e) {
                throw new InferenceException(
                        "The library " + folder.resolve(library) + " does not load: " + OnnxRuntime.reason(e)
                                + "; install what it needs, and put " + ARTIFACTS + " on the class path in this order.",
                        e);
            }
        }
        return folder;
    }

    private static void close(List<Closeable> opened) {
        for (Closeable library : opened) {
            try {
                library.close();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
        opened.clear();
    }

    static String advice(Group group, List<String> missing) {
        String packages = Platform.isWindows() ? group.name() : "the packages " + group.packages();
        String install = "install " + packages + " from NVIDIA";
        return group.name() + " lacks " + String.join(", ", missing) + "; "
                + (group == TENSOR_RT ? install : "put " + ARTIFACTS + " on the class path, or " + install);
    }
}
