package io.github.unipic.runtime.provider;

import static io.github.unipic.runtime.provider.NvidiaLibraries.CUDA;
import static io.github.unipic.runtime.provider.NvidiaLibraries.CUDNN;
import static io.github.unipic.runtime.provider.NvidiaLibraries.TENSOR_RT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.InferenceException;
import io.github.unipic.InvalidRequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What NVIDIA's providers get and need, as far as it can be told without a GPU. */
class NvidiaTest {
    private static final ExecutionProvider TENSORRT = ExecutionProvider.of("tensorrt");

    @Test
    void aCacheThatHasAFolderIsEnabledAndItsFolderMade(@TempDir Path folder) {
        Path engines = folder.resolve("a/engines");
        Path timings = folder.resolve("timings");
        assertThat(Nvidia.withCaches(TENSORRT.withOption("trt_engine_cache_path", engines.toString())
                        .withOption("trt_timing_cache_path", timings.toString())
                        .withOption("trt_timing_cache_enable", "0")))
                .isEqualTo(Map.of(
                        "trt_engine_cache_path",
                        engines.toString(),
                        "trt_engine_cache_enable",
                        "1",
                        "trt_timing_cache_path",
                        timings.toString(),
                        "trt_timing_cache_enable",
                        "0"));
        assertThat(engines).isDirectory();
        assertThat(timings).isDirectory();
    }

    @Test
    void withoutAFolderThereIsNoCache() {
        assertThat(Nvidia.withCaches(TENSORRT.withOption("device_id", "1"))).isEqualTo(Map.of("device_id", "1"));
    }

    @Test
    void aCacheFolderThatCannotBeMadeIsRefused(@TempDir Path folder) throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> Nvidia.withCaches(TENSORRT.withOption("trt_engine_cache_path", file + "/engines")))
                .withMessageContainingAll("trt_engine_cache_path", "tensorrt", "give a writable folder");
    }

    @Test
    void convolutionsAreChosenByRules() {
        ExecutionProvider cuda = ExecutionProvider.of("cuda").withOption("use_tf32", "0");
        assertThat(Nvidia.withDefaults(cuda)).isEqualTo(Map.of("use_tf32", "0", "cudnn_conv_algo_search", "HEURISTIC"));
        assertThat(Nvidia.withDefaults(cuda.withOption("cudnn_conv_algo_search", "EXHAUSTIVE")))
                .containsEntry("cudnn_conv_algo_search", "EXHAUSTIVE");
    }

    @Test
    void cudaIsOnTheGpuOfTensorRt() {
        assertThat(Nvidia.besideTensorRt(TENSORRT.withOption("trt_fp16_enable", "1")))
                .isEqualTo(ExecutionProvider.of("cuda"));
        assertThat(Nvidia.besideTensorRt(TENSORRT.withOption("device_id", "3").withOption("trt_fp16_enable", "1")))
                .isEqualTo(ExecutionProvider.of("cuda").withOption("device_id", "3"));
    }

    @Test
    void eachOfTheTwoGetsItsOwnOptions() {
        ExecutionProvider both = TENSORRT.withOption("device_id", "3")
                .withOption("trt_fp16_enable", "1")
                .withOption("gpu_mem_limit", "8000000000");
        assertThat(Nvidia.withCaches(both)).isEqualTo(Map.of("device_id", "3", "trt_fp16_enable", "1"));
        assertThat(Nvidia.besideTensorRt(both).options())
                .isEqualTo(Map.of("device_id", "3", "gpu_mem_limit", "8000000000"));
    }

    /** TensorRT would take a tensor without a shape for a single number. */
    @Test
    void tensorsAreCopiedByCuda() {
        ExecutionProvider copying = ExecutionProvider.of("cuda")
                .withOption("device_id", "3")
                .withOption("arena_extend_strategy", "kSameAsRequested");
        assertThat(Nvidia.forCopies(TENSORRT.withOption("device_id", "3").withOption("trt_fp16_enable", "1")))
                .isEqualTo(copying);
        assertThat(Nvidia.forCopies(ExecutionProvider.of("cuda").withOption("device_id", "3")))
                .isEqualTo(copying);
        assertThat(Nvidia.forCopies(ExecutionProvider.CPU)).isEqualTo(ExecutionProvider.CPU);
    }

    private static List<NvidiaLibraries.Group> loadedFor(ExecutionProvider provider) {
        List<NvidiaLibraries.Group> loaded = new ArrayList<>();
        assertThat(Nvidia.load(provider, group -> {
                    loaded.add(group);
                    return Optional.empty();
                }))
                .isEmpty();
        return loaded;
    }

    @Test
    void eachProviderLoadsWhatItNeeds() {
        ExecutionProvider cuda = ExecutionProvider.of("CUDAExecutionProvider");
        assertThat(loadedFor(cuda)).containsExactly(CUDA, CUDNN);
        assertThat(loadedFor(cuda.withOption("enable_cudnn", "0"))).containsExactly(CUDA);
        assertThat(loadedFor(TENSORRT)).containsExactly(CUDA, CUDNN, TENSOR_RT);
    }

    @Test
    void theFirstThatIsMissingIsNamed() {
        List<NvidiaLibraries.Group> asked = new ArrayList<>();
        assertThat(Nvidia.load(TENSORRT, group -> {
                    asked.add(group);
                    return group == CUDA ? Optional.empty() : Optional.of("no " + group.name());
                }))
                .contains("no cuDNN 9");
        assertThat(asked).containsExactly(CUDA, CUDNN);
    }

    @Test
    void whatOnnxRuntimeWasNotBuiltWithDoesNotWork() {
        OnnxRuntime.environment();
        assertThat(Nvidia.obstacle(ExecutionProvider.of("rocm"))).contains("ONNX Runtime was not built with it");
        assertThat(Nvidia.obstacle(ExecutionProvider.CPU).orElse("works")).doesNotContain("not built with it");
    }

    /** Before ONNX Runtime, whose own message names a file of its own that does not load. */
    @Test
    void withoutADriverItIsTheDriverThatIsNamed() {
        OnnxRuntime.environment();
        assumeThat(OrtEnvironment.getAvailableProviders()).contains(OrtProvider.CUDA);
        String obstacle = NvidiaDriver.obstacle(0).orElse("");
        assumeThat(obstacle).as("this machine has no NVIDIA driver").isNotEmpty();
        assertThat(Nvidia.hasIdleGpu()).isFalse();
        assertThat(Nvidia.obstacle(ExecutionProvider.of("cuda"))).contains(obstacle);
        for (ExecutionProvider provider : List.of(ExecutionProvider.of("cuda"), TENSORRT)) {
            try (SessionOptions session = new SessionOptions()) {
                assertThatExceptionOfType(InferenceException.class)
                        .isThrownBy(() -> Providers.addTo(session, provider))
                        .withMessage("The execution provider " + provider + " cannot be used: " + obstacle
                                + ", or use cpu.");
                assertThatExceptionOfType(InvalidRequestException.class)
                        .isThrownBy(() -> Providers.addTo(session, provider.withOption("gpu_mem_limit", "8G")))
                        .withMessageContaining("gpu_mem_limit");
            }
        }
    }

    @Test
    void cudnnsFilesAreNamedAsNvidiaDoes() {
        String[] ofSystem = System.getProperty("os.name").startsWith("Windows")
                ? new String[] {"cudnn_graph64_9.dll", "cudnn64_9.dll"}
                : new String[] {"libcudnn_graph.so.9", "libcudnn.so.9"};
        assertThat(NvidiaLibraries.cudnn("graph")).isEqualTo(ofSystem[0]);
        assertThat(NvidiaLibraries.cudnn("")).isEqualTo(ofSystem[1]);
    }

    /** The jars have no TensorRT. */
    @Test
    void tensorRtComesFromNvidiaOnly() {
        assertThat(NvidiaLibraries.advice(TENSOR_RT, List.of("libnvinfer.so.10")))
                .startsWith("TensorRT 10 lacks libnvinfer.so.10; install ")
                .endsWith(" from NVIDIA");
        assertThat(NvidiaLibraries.advice(CUDA, List.of("a", "b")))
                .contains(" lacks a, b; put org.bytedeco:", ", or install ");
    }
}
