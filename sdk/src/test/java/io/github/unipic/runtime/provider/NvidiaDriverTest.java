package io.github.unipic.runtime.provider;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Memory;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A stand-in for the driver's library: functions give an error's number, as NVIDIA's documentation has them. */
class NvidiaDriverTest {
    private static final int CUDA_ERROR_NO_DEVICE = 100;

    /** So that its memory lives as long as the test. */
    private final Memory name = new Memory(32);

    private final List<String> called = new ArrayList<>();

    /** A driver that goes up to a version, and has some GPUs. */
    private NvidiaDriver.Functions driver(int version, int gpus) {
        return (function, arguments) -> {
            called.add(function);
            switch (function) {
                case "cuInit" -> assertThat(arguments).containsExactly(0);
                case "cuDriverGetVersion" -> ((IntByReference) arguments[0]).setValue(version);
                case "cuDeviceGetCount" -> ((IntByReference) arguments[0]).setValue(gpus);
                default -> throw new UnsatisfiedLinkError(function);
            }
            return 0;
        };
    }

    @ParameterizedTest
    @CsvSource({"12000, 1, 0", "13000, 2, 0", "12080, 2, 1"})
    void aGpuThatIsThereCanBeUsed(int version, int gpus, int device) {
        assertThat(NvidiaDriver.obstacle(device, driver(version, gpus))).isEmpty();
        assertThat(called).startsWith("cuInit").hasSize(3);
    }

    @ParameterizedTest
    @CsvSource({"11999, 11.99", "11080, 11.8", "10020, 10.2", "9000, 9.0"})
    void anOlderDriverIsNamed(int version, String name) {
        assertThat(NvidiaDriver.obstacle(0, driver(version, 1)))
                .contains("NVIDIA's driver supports only CUDA " + name + "; install one for CUDA 12");
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "2, 7"})
    void aGpuThatIsNotThereIsNamed(int gpus, int device) {
        assertThat(NvidiaDriver.obstacle(device, driver(12000, gpus)))
                .hasValueSatisfying(obstacle -> assertThat(obstacle)
                        .startsWith("there is no GPU " + device + ": the machine has " + gpus + ", numbered from 0; "));
    }

    @Test
    void anErrorIsNamedAsTheDriverDoes() {
        name.setString(0, "CUDA_ERROR_NO_DEVICE");
        Optional<String> obstacle = NvidiaDriver.obstacle(0, (function, arguments) -> {
            if (function.equals("cuGetErrorName")) {
                assertThat(arguments[0]).isEqualTo(CUDA_ERROR_NO_DEVICE);
                ((PointerByReference) arguments[1]).setValue(name);
                return 0;
            }
            return CUDA_ERROR_NO_DEVICE;
        });
        assertThat(obstacle)
                .hasValueSatisfying(text -> assertThat(text)
                        .startsWith(
                                "NVIDIA's driver finds no usable GPU (cuInit: CUDA_ERROR_NO_DEVICE); run nvidia-smi"));
    }

    @Test
    void anErrorThatItDoesNotKnowIsANumber() {
        assertThat(NvidiaDriver.obstacle(0, (function, arguments) -> function.equals("cuInit") ? 0 : 999))
                .hasValueSatisfying(text -> assertThat(text).contains("(cuDriverGetVersion: error 999)"));
    }

    @Test
    void oneThatDoesNotLoadIsMissing() {
        assertThat(NvidiaDriver.obstacle(0, Optional.empty()))
                .hasValueSatisfying(text ->
                        assertThat(text).matches("there is no NVIDIA driver \\(\\S+ does not load\\); install it"));
    }

    @Test
    void aDriverWithoutTheFunctionsIsNone() {
        assertThat(NvidiaDriver.obstacle(0, (function, arguments) -> {
                    throw new UnsatisfiedLinkError("Error looking up function '" + function + "'");
                }))
                .hasValueSatisfying(text -> assertThat(text).contains("(Error looking up function 'cuInit')"));
    }
}
