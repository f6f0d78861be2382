package io.github.unipic.runtime.provider;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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
}
