package io.github.unipic.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.github.unipic.runtime.SessionRunner.Location;
import io.github.unipic.runtime.Tensor.Rows;
import io.github.unipic.runtime.provider.OnnxRuntime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Copies between host and device; here the device is the CPU. With Java 22 and later see also conformance. */
class CopiesTest {
    private static final float[] VALUES = {1.5f, -2, 0, 65504, 3, 4};

    @ParameterizedTest
    @EnumSource(
            value = OnnxJavaType.class,
            names = {"FLOAT", "FLOAT16"})
    void aCopyHasTheSameElements(OnnxJavaType type) {
        OnnxRuntime.environment();
        try (Copies copies = new Copies(DeviceRunner.find().orElse(SessionRunner::viaJava), SessionOptions::new);
                Tensor original = Tensor.of(type, VALUES, 1, 3, 2)) {
            for (Location location : Location.values()) {
                try (Tensor copy = copies.copy(original, location)) {
                    assertThat(copy.shape()).containsExactly(1, 3, 2);
                    assertThat(copy.toFloats()).containsExactly(VALUES);
                }
            }
        }
    }

    @Test
    void closedTwiceItClosesItsSessionsOnce() {
        OnnxRuntime.environment();
        Copies copies = new Copies(SessionRunner::viaJava, SessionOptions::new);
        try (Tensor original = Tensor.floats(VALUES, VALUES.length)) {
            copies.toHost(original).close();
        }
        copies.close();
        copies.close();
    }

    /** What Java cannot read in place comes to the host first, and the copy goes away again. */
    @ParameterizedTest
    @EnumSource(
            value = OnnxJavaType.class,
            names = {"FLOAT", "FLOAT16"})
    void aTensorOnADeviceIsReadThroughACopy(OnnxJavaType type) {
        OnnxRuntime.environment();
        int[] copied = {0};
        try (Copies copies = new Copies(DeviceRunner.find().orElse(SessionRunner::viaJava), SessionOptions::new);
                Tensor onDevice = new Tensor(Tensor.of(type, VALUES, 1, 3, 2).value(), tensor -> {
                    copied[0]++;
                    return copies.toHost(tensor);
                })) {
            long open = Tensor.open();
            assertThat(onDevice.toFloats()).containsExactly(VALUES);
            Rows rows = onDevice.rows();
            try (Tensor first = rows.part(0, 1);
                    Tensor rest = rows.part(1, 3);
                    Tensor flat = onDevice.reshape(6)) {
                assertThat(first.toFloats()).containsExactly(1.5f, -2);
                assertThat(rest.toFloats()).containsExactly(0, 65504, 3, 4);
                assertThat(flat.toFloats()).containsExactly(VALUES);
            }
            assertThat(copied[0]).isEqualTo(3);
            assertThat(Tensor.open()).isEqualTo(open);
        }
    }
}
