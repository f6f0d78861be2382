package io.github.unipic.runtime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.unipic.ExecutionProvider;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * How a session is run. {@link #viaJava} brings every output to the host; {@link DeviceRunner}, where there is one,
 * leaves it on the device that computed it.
 */
interface SessionRunner {
    /** For tests on the CPU, and for a machine on which it goes wrong. */
    String SWITCH = "unipic.deviceTensors";

    /** Where outputs are to be. */
    enum Location {
        HOST,
        WHERE_COMPUTED
    }

    /**
     * Outputs by name; their tensors belong to the caller.
     *
     * @param toHost copies an output to the host when it must be read
     */
    Map<String, Tensor> run(
            OrtSession session,
            Map<String, Tensor> inputs,
            Set<String> outputs,
            OrtSession.RunOptions options,
            Location location,
            UnaryOperator<Tensor> toHost)
            throws OrtException;

    /** Through ONNX Runtime's Java interface. */
    static Map<String, Tensor> viaJava(
            OrtSession session,
            Map<String, Tensor> inputs,
            Set<String> outputs,
            OrtSession.RunOptions options,
            Location location,
            UnaryOperator<Tensor> toHost)
            throws OrtException {
        Map<String, OnnxTensor> values = new LinkedHashMap<>();
        inputs.forEach((name, tensor) -> values.put(name, tensor.value()));
        Map<String, Tensor> results = new LinkedHashMap<>();
        // Its values are closed one by one, by whoever takes them; the Result itself holds nothing else.
        OrtSession.Result result = session.run(values, outputs, options);
        for (Map.Entry<String, OnnxValue> entry : result) {
            results.put(entry.getKey(), new Tensor((OnnxTensor) entry.getValue()));
        }
        return results;
    }

    /**
     * The one for a provider: what the CPU computes is on the host anyway. The system property {@value #SWITCH} (true
     * or false) decides otherwise.
     */
    static Optional<SessionRunner> onDevice(ExecutionProvider provider) {
        boolean asked = Optional.ofNullable(System.getProperty(SWITCH))
                .map(Boolean::valueOf)
                .orElse(!provider.isCpu());
        return asked ? DeviceRunner.find() : Optional.empty();
    }
}
