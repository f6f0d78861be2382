package io.github.unipic.runtime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * How a session is run. {@link #viaJava} brings every output to the host; {@link DeviceRunner}, where there is one,
 * leaves it on the device that computed it.
 */
interface SessionRunner {
    /** Where outputs are to be. */
    enum Place {
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
            Place place,
            UnaryOperator<Tensor> toHost)
            throws OrtException;

    /** Through ONNX Runtime's Java interface. */
    static Map<String, Tensor> viaJava(
            OrtSession session,
            Map<String, Tensor> inputs,
            Set<String> outputs,
            OrtSession.RunOptions options,
            Place place,
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

    /** The best one that works in this process; the same for every session. */
    static SessionRunner best() {
        return DeviceRunner.find().orElse(SessionRunner::viaJava);
    }
}
