package io.github.unipic.runtime.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.InferenceException;
import io.github.unipic.InvalidRequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Valid providers, and the errors for others. */
class ProvidersTest {
    private static void add(ExecutionProvider provider) {
        OnnxRuntime.environment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            Providers.addTo(options, provider);
        }
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> adding(ExecutionProvider provider) {
        return assertThat(catchThrowable(() -> add(provider)));
    }

    /** As CUDA and TensorRT report them, with a code that is not of an invalid argument. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Unknown provider option: \"gpu_memory_limit\".",
                "Failed to parse provider option \"use_tf32\": 2"
            })
    void anOptionThatIsUnknownToTheProviderIsTheUsersMistake(String message) {
        assertThat(Providers.failure(
                        ExecutionProvider.of("cuda"),
                        new OrtException(OrtException.OrtErrorCode.ORT_RUNTIME_EXCEPTION, message)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContainingAll("cuda", "option", "documentation");
        assertThat(Providers.failure(
                        ExecutionProvider.of("cuda"),
                        new OrtException(OrtException.OrtErrorCode.ORT_RUNTIME_EXCEPTION, "no device")))
                .isInstanceOf(InferenceException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"cpu", "CPU", "CPUExecutionProvider"})
    void theCpuIsThereByAnyName(String name) {
        add(ExecutionProvider.of(name));
    }

    @Test
    void ownNamesAreThoseOfOnnxRuntime() {
        assertThat(OnnxRuntime.ownName(ExecutionProvider.of("CUDA"))).isEqualTo("CUDAExecutionProvider");
        assertThat(OnnxRuntime.ownName(ExecutionProvider.of("directml"))).isEqualTo("DmlExecutionProvider");
        assertThat(OnnxRuntime.ownName(ExecutionProvider.of("tensorrtexecutionprovider")))
                .isEqualTo("TensorrtExecutionProvider");
        assertThat(OnnxRuntime.ownName(ExecutionProvider.of("VendorEP"))).isEqualTo("VendorEP");
    }

    @Test
    void onlyCudasAttentionWantsAligning() {
        assertThat(Nvidia.attentionAlignment(ExecutionProvider.of("cuda"))).isEqualTo(4);
        assertThat(Nvidia.attentionAlignment(ExecutionProvider.of("tensorrt"))).isEqualTo(4);
        assertThat(Nvidia.attentionAlignment(ExecutionProvider.CPU)).isEqualTo(1);
        assertThat(Nvidia.attentionAlignment(ExecutionProvider.of("webgpu"))).isEqualTo(1);
        assertThat(Nvidia.attentionAlignment(ExecutionProvider.of("VendorEP"))).isEqualTo(1);
    }

    @Test
    void onlyWhatHasAnArenaReturnsMemory() {
        assertThat(Providers.arena(ExecutionProvider.CPU)).contains("cpu:0");
        assertThat(Providers.arena(ExecutionProvider.of("tensorrt"))).isEmpty();
        assertThat(Providers.arena(ExecutionProvider.of("VendorEP"))).isEmpty();
    }

    @Test
    void cudaReturnsMemoryToTheGpuThatItUses() {
        assumeThat(OrtEnvironment.getAvailableProviders()).contains(OrtProvider.CUDA);

        ExecutionProvider cuda = ExecutionProvider.of("cuda");

        assertThat(Providers.arena(cuda)).contains("gpu:0");
        assertThat(Providers.arena(cuda.withOption("device_id", "1"))).contains("gpu:1");
        assertThat(Providers.arena(ExecutionProvider.of("CUDAExecutionProvider")))
                .contains("gpu:0");
    }

    @Test
    void theCpuTakesNoOptions() {
        adding(ExecutionProvider.CPU.withOption("arena", "0"))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("The execution provider cpu has no option 'arena'; it takes none.");
    }

    @Test
    void anUnknownNameIsAnsweredWithTheKnownOnes() {
        adding(ExecutionProvider.of("gpu"))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContainingAll("'gpu'", "coreml, cpu, cuda", "migraphx", "openvino", "webgpu")
                .hasMessageNotContaining("azure")
                .extracting(Throwable::getMessage)
                .asString()
                .hasLineCount(1);
    }

    /** No build on Maven Central has one of these, and Java could not add the last. */
    @ParameterizedTest
    @ValueSource(strings = {"rocm", "openvino", "QNNExecutionProvider", "migraphx"})
    void aProviderThatOnnxRuntimeWasNotBuiltWithIsAnsweredWithThoseItHas(String name) {
        adding(ExecutionProvider.of(name))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContainingAll("was not built with", name, "it has c");
    }

    /** Without CUDA's libraries, as on a machine without a GPU; with the small ONNX Runtime, without CUDA at all. */
    @Test
    void cudaFailsInOneLineWhereItCannotWork() {
        Throwable failure = catchThrowable(() -> add(ExecutionProvider.of("cuda")));
        assumeThat(failure).as("this machine has CUDA").isNotNull();
        assertThat(failure.getMessage()).hasLineCount(1);
        if (OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA)) {
            assertThat(failure)
                    .isInstanceOf(InferenceException.class)
                    .hasMessageStartingWith("The execution provider cuda cannot be used: ")
                    .hasMessageContainingAll("install", "use cpu")
                    .hasMessageNotContaining("ONNXRuntimeError");
        } else {
            assertThat(failure).isInstanceOf(InvalidRequestException.class).hasMessageContaining("was not built with");
        }
    }

    /** Before it is found out whether there is a GPU. */
    @ParameterizedTest
    @ValueSource(strings = {"cuda", "tensorrt"})
    void aWrongOptionOfNvidiasIsRefused(String name) {
        assumeThat(OrtEnvironment.getAvailableProviders()).contains(OrtProvider.CUDA);
        adding(ExecutionProvider.of(name).withOption("device_id", "first"))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContainingAll(name, "device_id", "'first'");
    }

    @Test
    void whatCudaLacksHereIsSaidWithARemedy() {
        assumeThat(OrtEnvironment.getAvailableProviders()).contains(OrtProvider.CUDA);
        String obstacle = NvidiaDriver.obstacle(0).orElse("");
        assumeThat(obstacle).as("this machine has no NVIDIA driver").contains("install");
        assertThat(OnnxRuntime.info().missing())
                .contains("cuda: " + obstacle)
                .allMatch(line -> line.lines().count() == 1);
    }

    @Test
    void theCpuIsAmongTheDevices() {
        assertThat(OnnxRuntime.info().devices())
                .anySatisfy(device -> assertThat(device)
                        .matches("CPUExecutionProvider: CPU .*\\(vendor 0x\\p{XDigit}{4}, device 0x\\p{XDigit}{4}\\)"));
    }

    @Test
    void aFileThatIsNoPluginCannotBeRegistered(@TempDir Path folder) throws IOException {
        Path library = Files.writeString(folder.resolve("plugin.so"), "not a library");
        assertThat(catchThrowable(() -> OnnxRuntime.registerProviderLibrary("toy", library)))
                .isInstanceOf(InferenceException.class)
                .hasMessageContainingAll(library.toString(), "as toy", "use a plugin")
                .extracting(Throwable::getMessage)
                .asString()
                .hasLineCount(1);
        assertThat(catchThrowable(() -> OnnxRuntime.registerProviderLibrary("toy", folder)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("There is no provider library " + folder);
    }
}
