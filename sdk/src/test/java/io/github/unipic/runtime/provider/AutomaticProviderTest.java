package io.github.unipic.runtime.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.ExecutionProvider;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.ProviderChoice;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AutomaticProviderTest {
    private static final ExecutionProvider WITH_ENGINES = ExecutionProvider.AUTO
            .withOption("trt_engine_cache_path", "engines")
            .withOption("device_id", "1");

    private static AutomaticProvider.Trial obstacles(Map<String, String> byProvider) {
        return provider -> Optional.ofNullable(byProvider.get(provider.name()));
    }

    private static ProviderChoice choose(ExecutionProvider asked, Map<String, String> obstacles) {
        return AutomaticProvider.choose(asked, obstacles(obstacles));
    }

    @Test
    void tensorRtIsTakenWhereItsEnginesAreKept() {
        assertThat(choose(WITH_ENGINES, Map.of()))
                .isEqualTo(new ProviderChoice(
                        new ExecutionProvider("tensorrt", WITH_ENGINES.options()), "chosen as the fastest"));
    }

    @Test
    void withoutAFolderForEnginesItIsCuda() {
        ProviderChoice choice = choose(ExecutionProvider.AUTO, Map.of());
        assertThat(choice.provider()).isEqualTo(ExecutionProvider.of("cuda"));
        assertThat(choice.reason()).startsWith("chosen, not tensorrt: ").contains("trt_engine_cache_path");
    }

    @Test
    void cudaGetsTheOptionsThatAreNotTensorRts() {
        ProviderChoice choice = choose(WITH_ENGINES, Map.of("tensorrt", "libnvinfer is missing"));
        assertThat(choice.provider()).isEqualTo(ExecutionProvider.of("cuda").withOption("device_id", "1"));
        assertThat(choice.reason()).isEqualTo("chosen, not tensorrt: libnvinfer is missing");
    }

    @Test
    void theCpuIsLeftAndTheReasonNamesTheOthers() {
        ProviderChoice choice = choose(WITH_ENGINES, Map.of("tensorrt", "no driver", "cuda", "no driver either"));
        assertThat(choice.provider()).isEqualTo(ExecutionProvider.CPU);
        assertThat(choice).hasToString("cpu (chosen, not tensorrt: no driver; not cuda: no driver either)");
    }

    @Test
    void aWrongOptionIsNoReasonToFallBack() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> choose(ExecutionProvider.AUTO.withOption("gpu_mem_limit", "8G"), Map.of()))
                .withMessageContaining("gpu_mem_limit");
    }

    @Test
    void whatIsAskedForByNameStays() {
        ExecutionProvider asked = ExecutionProvider.of("abacus").withOption("beads", "10");
        assertThat(AutomaticProvider.choose(asked)).isEqualTo(new ProviderChoice(asked, "asked for"));
    }

    /** The real trial: on a machine without NVIDIA's driver, and with the small ONNX Runtime, it ends at the CPU. */
    @Test
    void whatIsChosenHereIsConcreteAndExplained() {
        ProviderChoice choice = AutomaticProvider.choose(new ExecutionProvider("AUTO", Map.of()));
        assertThat(choice.provider().name()).isIn("cpu", "cuda");
        assertThat(choice.reason()).contains("not tensorrt: ").hasLineCount(1);
        if (NvidiaDriver.obstacle(0).isPresent()) {
            assertThat(choice.provider()).isEqualTo(ExecutionProvider.CPU);
            assertThat(choice.reason()).contains("not cuda: ");
        }
    }
}
