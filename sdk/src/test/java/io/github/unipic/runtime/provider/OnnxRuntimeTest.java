package io.github.unipic.runtime.provider;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import io.github.unipic.ExecutionProvider;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxRuntimeTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Non-zero status code returned while running Conv node. Name:'' Status Message: bfc_arena.cc:359 void*"
                        + " BFCArena::AllocateRawInternal(size_t) Failed to allocate memory for requested buffer of size 9",
                "Available memory of 1024 is smaller than requested bytes of 4096",
                "CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0",
                "std::bad_alloc",
                "CUDA failure 2: out of memory ; GPU=0"
            })
    void whoeverLacksMemoryIsToldWhatNeedsLess(String message) {
        assertThat(OnnxRuntime.remedy(new OrtException(message))).contains("--low-memory", "--tile-above");
    }

    @Test
    void otherFailuresHaveNoKnownRemedy() {
        assertThat(OnnxRuntime.remedy(new OrtException("Invalid rank for input: ids")))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Error code - ORT_FAIL - message: Load model from a.onnx failed. | Load model from a.onnx failed",
                "Error code - ORT_FAIL - message: provider_bridge.cc:2270 Get [ONNXRuntimeError] : 1 : FAIL : no libx.so"
                        + " | no libx.so",
                "plain | plain"
            })
    void aReasonIsOnnxRuntimesWithoutItsCode(String message, String expected) {
        assertThat(OnnxRuntime.reason(new OrtException(message + "\nsecond line")))
                .isEqualTo(expected);
    }

    @Test
    void withoutAMessageTheReasonIsUnknown() {
        assertThat(OnnxRuntime.reason(new OrtException(""))).isEqualTo("unknown reason");
    }

    /** The program's own setting, if it has one. */
    @Test
    void theLevelOfOnnxRuntimesLoggerStaysAsItWas() {
        OrtEnvironment environment = OnnxRuntime.environment();
        Logger logger = Logger.getLogger("ai.onnxruntime");
        Level before = logger.getLevel();
        try {
            for (Level level : new Level[] {Level.FINE, null}) {
                logger.setLevel(level);
                assertThat(OnnxRuntime.quietEnvironment()).isSameAs(environment);
                assertThat(logger.getLevel()).isEqualTo(level);
            }
        } finally {
            logger.setLevel(before);
        }
    }

    private interface CLibrary extends Library {
        String getenv(String name);

        int unsetenv(String name);
    }

    /** Which native code sees, though Java does not. */
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void theSwitchOfTelemetryIsSetUnlessTheUserHasSetIt() {
        OnnxRuntime.environment();
        CLibrary c = Native.load("c", CLibrary.class);
        if (System.getenv("ORT_DISABLE_TELEMETRY") != null) {
            assertThat(OnnxRuntime.switchTelemetryOff()).isTrue();
            return;
        }
        c.unsetenv("ORT_DISABLE_TELEMETRY");
        assertThat(OnnxRuntime.switchTelemetryOff()).isFalse();
        assertThat(c.getenv("ORT_DISABLE_TELEMETRY")).isEqualTo("1");
    }

    @Test
    void whatIsAskedForIsChosen() {
        ExecutionProvider asked = ExecutionProvider.of("abacus");
        assertThat(OnnxRuntime.choose(asked).provider()).isEqualTo(asked);
    }
}
