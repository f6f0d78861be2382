package io.github.unipic.runtime.provider;

import static io.github.unipic.runtime.provider.NvidiaLibraries.CUDA;
import static io.github.unipic.runtime.provider.NvidiaLibraries.CUDNN;
import static io.github.unipic.runtime.provider.NvidiaLibraries.TENSOR_RT;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import ai.onnxruntime.providers.OrtTensorRTProviderOptions;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.InferenceException;
import io.github.unipic.files.Sha256;
import io.github.unipic.libraries.NativeLibraries;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.GraphSpec;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** NVIDIA's providers, CUDA and TensorRT: their requirements on this machine, and their options for a graph. */
public final class Nvidia {
    /** The folder of TensorRT's engines. */
    static final String ENGINES = "trt_engine_cache_path";

    private Nvidia() {}

    static void addCuda(SessionOptions session, ExecutionProvider provider) throws OrtException {
        NvidiaOptions.check(provider);
        prepare(provider);
        NativeLibraries.prepareProvider("cuda");
        try (OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions()) {
            for (Map.Entry<String, String> option : withDefaults(provider).entrySet()) {
                cuda.add(option.getKey(), option.getValue());
            }
            session.addCUDA(cuda);
        }
    }

    /**
     * CUDA's options. ONNX Runtime's default, an exhaustive search, tries all of cuDNN's convolutions for each new
     * shape: on an H200 that took 4 s of a 1024 x 1024 image decoded in tiles, and with cuDNN 9.5 it chose one that
     * computes wrong float16 values for small images.
     */
    static Map<String, String> withDefaults(ExecutionProvider provider) {
        Map<String, String> options = new TreeMap<>(provider.options());
        options.putIfAbsent("cudnn_conv_algo_search", "HEURISTIC");
        return options;
    }

    /** Adds TensorRT, and CUDA for the nodes that TensorRT cannot run. */
    static void addTensorRt(SessionOptions session, ExecutionProvider provider) throws OrtException {
        NvidiaOptions.check(provider);
        prepare(provider);
        NativeLibraries.prepareProvider("tensorrt");
        Map<String, String> options = withCaches(provider);
        try (OrtTensorRTProviderOptions tensorRt = new OrtTensorRTProviderOptions()) {
            for (Map.Entry<String, String> option : options.entrySet()) {
                tensorRt.add(option.getKey(), option.getValue());
            }
            session.addTensorrt(tensorRt);
        }
        addCuda(session, besideTensorRt(provider));
    }

    /** TensorRT's own options. Enables each cache whose folder is given; ONNX Runtime needs both options. */
    static Map<String, String> withCaches(ExecutionProvider provider) {
        Map<String, String> options = new TreeMap<>(provider.options());
        options.keySet().removeIf(option -> !isOfTensorRt(option) && !option.equals(Providers.DEVICE_ID));
        for (String cache : List.of("trt_engine_cache", "trt_timing_cache")) {
            String folder = options.get(cache + "_path");
            if (folder == null) {
                continue;
            }
            options.putIfAbsent(cache + "_enable", "1");
            try {
                Files.createDirectories(Path.of(folder));
            } catch (IOException | InvalidPathException e) {
                throw Providers.wrong(provider, cache + "_path", folder, "a writable folder");
            }
        }
        return options;
    }

    /** CUDA on the same GPU, with the options that are not TensorRT's. */
    static ExecutionProvider besideTensorRt(ExecutionProvider provider) {
        Map<String, String> options = new TreeMap<>(provider.options());
        options.keySet().removeIf(Nvidia::isOfTensorRt);
        return new ExecutionProvider("cuda", options);
    }

    private static boolean isOfTensorRt(String option) {
        return option.startsWith("trt_");
    }

    /**
     * The provider for graphs that only copy tensors of any shape. TensorRT needs to know shapes. CUDA's arena grows by
     * powers of two if not told otherwise, and of these graphs it is never shrunk.
     */
    public static ExecutionProvider forCopies(ExecutionProvider provider) {
        ExecutionProvider copying = isTensorRt(provider) ? besideTensorRt(provider) : provider;
        boolean cuda = Providers.find(copying.name()).equals(Optional.of(OrtProvider.CUDA));
        return cuda ? copying.withOption("arena_extend_strategy", "kSameAsRequested") : copying;
    }

    private static boolean isTensorRt(ExecutionProvider provider) {
        return Providers.find(provider.name()).equals(Optional.of(OrtProvider.TENSOR_RT));
    }

    private static void prepare(ExecutionProvider provider) {
        missing(provider).ifPresent(obstacle -> {
            throw new InferenceException(
                    "The execution provider " + provider + " cannot be used: " + obstacle + ", or use cpu.");
        });
    }

    /** Loads the libraries that a provider needs, before ONNX Runtime looks for them. Returns what is missing. */
    private static Optional<String> missing(ExecutionProvider provider) {
        Optional<String> obstacle = NvidiaDriver.obstacle(Providers.number(provider, Providers.DEVICE_ID));
        // Another build may be linked to other versions, and finds them itself.
        if (obstacle.isPresent() || !NativeLibraries.isOnnxRuntimeOfClassPath()) {
            return obstacle;
        }
        return load(provider, NvidiaLibraries.HERE::load);
    }

    /** @param loader loads a group of libraries and gives what is missing */
    static Optional<String> load(ExecutionProvider provider, Function<NvidiaLibraries.Group, Optional<String>> loader) {
        return needs(provider).stream().map(loader).flatMap(Optional::stream).findFirst();
    }

    private static List<NvidiaLibraries.Group> needs(ExecutionProvider provider) {
        if (isTensorRt(provider)) {
            return List.of(CUDA, CUDNN, TENSOR_RT);
        }
        return Providers.flag(provider, "enable_cudnn", true) ? List.of(CUDA, CUDNN) : List.of(CUDA);
    }

    /** What NVIDIA's providers lack here, in the form of {@link io.github.unipic.RuntimeInfo}. */
    static List<String> describeMissing() {
        if (!NativeLibraries.isOnnxRuntimeOfClassPath()) {
            return List.of();
        }
        Map<OrtProvider, List<NvidiaLibraries.Group>> needs = new EnumMap<>(OrtProvider.class);
        needs.put(OrtProvider.CUDA, List.of(CUDA, CUDNN));
        needs.put(OrtProvider.TENSOR_RT, List.of(TENSOR_RT));
        needs.keySet().retainAll(Providers.builtIn());
        List<String> missing = new ArrayList<>();
        needs.forEach((provider, groups) -> Stream.concat(
                        provider == OrtProvider.CUDA ? NvidiaDriver.obstacle(0).stream() : Stream.empty(),
                        groups.stream().map(NvidiaLibraries.HERE::missing).flatMap(Optional::stream))
                .forEach(what -> missing.add(Providers.shortName(provider) + ": " + what)));
        return missing;
    }

    /** The reason why a provider of NVIDIA with valid options does not work here; empty if it works. */
    static Optional<String> obstacle(ExecutionProvider provider) {
        if (!Providers.builtIn().contains(Providers.find(provider.name()).orElseThrow())) {
            return Optional.of("ONNX Runtime was not built with it");
        }
        Optional<String> obstacle = missing(provider);
        if (obstacle.isPresent()) {
            return obstacle;
        }
        try (SessionOptions trial = new SessionOptions()) {
            Providers.addTo(trial, provider);
            return Optional.empty();
        } catch (InferenceException e) {
            return Optional.of(e.getCause() instanceof OrtException cause ? OnnxRuntime.reason(cause) : e.getMessage());
        }
    }

    /** Whether there is a GPU that this build of ONNX Runtime supports. */
    static boolean hasIdleGpu() {
        return Providers.builtIn().contains(OrtProvider.CUDA)
                && NvidiaDriver.obstacle(0).isEmpty();
    }

    /**
     * A provider with its options for a graph. TensorRT gets optimization profiles, unless some were given, and for the
     * graph's engine a folder of its own: ONNX Runtime knows engines by the names of files and nodes, and would compute
     * with another model's weights.
     */
    public static ExecutionProvider forGraph(ExecutionProvider provider, Manifest manifest, GraphSpec graph) {
        if (!isTensorRt(provider)) {
            return provider;
        }
        Map<String, String> options = new TreeMap<>(provider.options());
        if (options.keySet().stream().noneMatch(option -> option.startsWith("trt_profile_"))) {
            options.putAll(NvidiaProfiles.options(manifest, graph));
        }
        options.computeIfPresent(ENGINES, (option, folder) -> folder + File.separator + content(manifest, graph));
        return new ExecutionProvider(provider.name(), options);
    }

    /** A name for what is in a graph's files. */
    private static String content(Manifest manifest, GraphSpec graph) {
        String hashes = Stream.concat(Stream.of(graph.file()), graph.data().stream())
                .map(file -> manifest.files().get(file).sha256())
                .collect(Collectors.joining());
        return Sha256.of(hashes.getBytes(StandardCharsets.US_ASCII)).substring(0, 16);
    }

    /**
     * The attended length should be a multiple of this number. Otherwise CUDA stores all attention scores
     * (min_bias_align in ONNX Runtime's core/providers/cuda/llm/attention.cc).
     */
    public static int attentionAlignment(ExecutionProvider provider) {
        return Providers.find(provider.name())
                        .filter(id -> id == OrtProvider.CUDA || id == OrtProvider.TENSOR_RT)
                        .isPresent()
                ? 4
                : 1;
    }
}
