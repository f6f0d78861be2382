package io.github.unipic.runtime.provider;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.ExecutionProvider;
import io.github.unipic.InvalidRequestException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NvidiaOptionsTest {
    private static void check(String option, String value) {
        NvidiaOptions.check(ExecutionProvider.of("cuda").withOption(option, value));
    }

    @ParameterizedTest
    @CsvSource({
        "device_id, 1",
        "gpu_mem_limit, 8589934592",
        "arena_extend_strategy, kSameAsRequested",
        "cudnn_conv_algo_search, HEURISTIC",
        "use_tf32, 0",
        "use_tf32, True",
        "trt_builder_optimization_level, 5",
        "an_option_of_the_future, whatever",
    })
    void goodAndUnknownOnesPass(String option, String value) {
        assertThatCode(() -> check(option, value)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({
        "device_id, -1, a whole number from 0",
        "gpu_mem_limit, 8G, a number of bytes",
        "gpu_mem_limit, 0, a number of bytes",
        "arena_extend_strategy, same, kNextPowerOfTwo or kSameAsRequested",
        "cudnn_conv_algo_search, heuristic, HEURISTIC",
        "use_tf32, no, 0 or 1",
        "trt_builder_optimization_level, 6, 0 to 5",
        "trt_engine_cache_path, ' ', a path",
    })
    void wrongOnesAreRefused(String option, String value, String expected) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> check(option, value))
                .withMessageStartingWith(
                        "The option " + option + " of the execution provider cuda is '" + value + "'; give ")
                .withMessageContaining(expected);
    }
}
