package io.github.unipic.runtime.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.onnxruntime.OrtEpDevice;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.providers.NNAPIFlags;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.InvalidRequestException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What providers get that no build on Maven Central has, told by a session that only takes it down. */
class BuiltInProvidersTest {
    private final Session session = new Session();

    @AfterEach
    void close() {
        session.close();
    }

    private static final class Session extends SessionOptions {
        private String added = "";

        Session() {
            super();
        }

        @Override
        public void addROCM(int device) {
            added += "rocm " + device;
        }

        @Override
        public void addDirectML(int device) {
            added += "directml " + device;
        }

        @Override
        public void addOpenVINO(String device) {
            added += "openvino " + device;
        }

        @Override
        public void addDnnl(boolean arena) {
            added += "dnnl " + arena;
        }

        @Override
        public void addACL(boolean fastMath) {
            added += "acl " + fastMath;
        }

        @Override
        public void addNnapi(EnumSet<NNAPIFlags> flags) {
            added += "nnapi " + flags;
        }

        @Override
        public void addCoreML(Map<String, String> options) {
            added += "coreml " + options;
        }

        @Override
        public void addXnnpack(Map<String, String> options) {
            added += "xnnpack " + options;
        }

        @Override
        public void addQnn(Map<String, String> options) {
            added += "qnn " + options;
        }

        @Override
        public void addWebGPU(Map<String, String> options) {
            added += "webgpu " + options;
        }

        @Override
        public void addExecutionProvider(List<OrtEpDevice> devices, Map<String, String> options) {
            added += devices.size() + " device " + devices.get(0).getEpName() + " " + options;
        }
    }

    private static ExecutionProvider provider(OrtProvider id, String option, String value) {
        ExecutionProvider provider = ExecutionProvider.of(Providers.shortName(id));
        return option == null ? provider : provider.withOption(option, value);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "CPU, -, -, ''",
                "ROCM, -, -, rocm 0",
                "ROCM, device_id, 2, rocm 2",
                "DIRECT_ML, -, -, directml 0",
                "DIRECT_ML, device_id, 9999, directml 9999",
                "OPEN_VINO, -, -, 'openvino '",
                "OPEN_VINO, device_type, GPU, openvino GPU",
                "DNNL, -, -, dnnl true",
                "DNNL, use_arena, False, dnnl false",
                "DNNL, use_arena, 1, dnnl true",
                "ACL, -, -, acl false",
                "ACL, enable_fast_math, TRUE, acl true",
                "ACL, enable_fast_math, 0, acl false",
                "NNAPI, -, -, nnapi []",
                "NNAPI, cpu_disabled, 1, nnapi [CPU_DISABLED]",
                "NNAPI, cpu_disabled, 0, nnapi []",
                "CORE_ML, ModelFormat, MLProgram, coreml {ModelFormat=MLProgram}",
                "XNNPACK, intra_op_num_threads, 4, xnnpack {intra_op_num_threads=4}",
                "QNN, backend_type, htp, qnn {backend_type=htp}",
                "WEBGPU, -, -, webgpu {}"
            })
    void eachGetsItsOptions(OrtProvider id, String option, String value, String expected) throws OrtException {
        Providers.addBuiltIn(session, id, provider(id, option, value));
        assertThat(session.added).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource(
            value = OrtProvider.class,
            names = {"CPU", "ROCM", "DIRECT_ML", "OPEN_VINO", "DNNL", "ACL", "NNAPI"})
    void whatItDoesNotTakeIsRefused(OrtProvider id) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> Providers.addBuiltIn(session, id, provider(id, "beads", "10")))
                .withMessageStartingWith(
                        "The execution provider " + Providers.shortName(id) + " has no option 'beads'; it takes ");
        assertThat(session.added).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "ROCM, device_id, -1, a whole number from 0",
        "ROCM, device_id, 10000, a whole number from 0",
        "DNNL, use_arena, yes, 0 or 1",
        "NNAPI, cpu_disabled, 2, 0 or 1"
    })
    void aWrongValueIsRefused(OrtProvider id, String option, String value, String expected) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> Providers.addBuiltIn(session, id, provider(id, option, value)))
                .withMessage("The option " + option + " of the execution provider " + Providers.shortName(id) + " is '"
                        + value + "'; give " + expected + ".");
    }

    /** As a plugin's devices are added. */
    @Test
    void aDeviceIsChosenByItsNumberAndGetsTheOtherOptions() throws OrtException {
        List<OrtEpDevice> devices = OnnxRuntime.environment().getEpDevices().stream()
                .filter(device -> device.getEpName().equals("CPUExecutionProvider"))
                .toList();
        ExecutionProvider plugin = ExecutionProvider.of("VendorEP").withOption("beads", "10");
        Providers.addDevice(session, devices, plugin.withOption("device", "0"));
        assertThat(session.added).isEqualTo("1 device CPUExecutionProvider {beads=10}");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> Providers.addDevice(
                        session, devices, plugin.withOption("device", Integer.toString(devices.size()))))
                .withMessageStartingWith("The execution provider VendorEP has no device " + devices.size()
                        + "; it has CPUExecutionProvider: CPU ")
                .withMessageEndingWith(", numbered from 0.");
    }

    @Test
    void emojiInAnOptionAreRefused() {
        OnnxRuntime.environment();
        ExecutionProvider cpu = ExecutionProvider.CPU;
        for (ExecutionProvider wrong : List.of(cpu.withOption("a", "😀"), cpu.withOption("😀", "a"))) {
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> Providers.addTo(session, wrong))
                    .withMessageContaining("a value without emoji");
        }
    }
}
