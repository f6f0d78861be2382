package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExecutionProviderTest {
    @Test
    void optionsAreAddedToACopy() {
        ExecutionProvider cuda = ExecutionProvider.of("cuda").withOption("device_id", "0");
        ExecutionProvider second = cuda.withOption("device_id", "1").withOption("arena", "small");
        assertThat(cuda.options()).containsExactly(Map.entry("device_id", "0"));
        assertThat(second.options()).containsExactly(Map.entry("arena", "small"), Map.entry("device_id", "1"));
        assertThat(second).hasToString("cuda arena=small device_id=1");
    }

    @Test
    void theCallersMapIsCopied() {
        Map<String, String> options = new HashMap<>(Map.of("device_id", "0"));
        ExecutionProvider provider = new ExecutionProvider("cuda", options);
        options.clear();
        assertThat(provider.options()).containsKey("device_id");
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> provider.options().clear());
    }

    @Test
    void theCpuIsKnownByBothItsNames() {
        assertThat(ExecutionProvider.of("CPU").isCpu()).isTrue();
        assertThat(ExecutionProvider.of("CPUExecutionProvider").isCpu()).isTrue();
        assertThat(ExecutionProvider.of("cuda").isCpu()).isFalse();
    }

    @Test
    void namesAreNotBlank() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> ExecutionProvider.of(" "))
                .withMessageContaining("blank");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> ExecutionProvider.CPU.withOption("", "1"))
                .withMessageContaining("cpu");
    }
}
