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
 * Runs a session. {@link #viaJava} copies every output to the host; {@link DeviceRunner}, if available, leaves it on
 * the device that computed it.
 */
interface SessionRunner {
    /** Overrides the choice, for tests on the CPU and for machines on which it fails. */
    String SWITCH = "unipic.deviceTensors";

    /** The memory for outputs. */
    enum Location {
        HOST,
        WHERE_COMPUTED
    }

    /**
     * Runs a session and returns the outputs by name. The caller owns their tensors.
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
        // The values are closed one by one by their owners. The Result itself owns nothing else.
        OrtSession.Result result = session.run(values, outputs, options);
        for (Map.Entry<String, OnnxValue> entry : result) {
            results.put(entry.getKey(), new Tensor((OnnxTensor) entry.getValue()));
        }
        return results;
    }

    /**
     * The runner that leaves outputs on a provider's device; empty for the CPU, whose outputs are on the host anyway.
     * The system property {@value #SWITCH} (true or false) overrides this.
     */
    static Optional<SessionRunner> onDevice(ExecutionProvider provider) {
        boolean asked = Optional.ofNullable(System.getProperty(SWITCH))
                .map(Boolean::valueOf)
                .orElse(!provider.isCpu());
        return asked ? DeviceRunner.find() : Optional.empty();
    }
}
