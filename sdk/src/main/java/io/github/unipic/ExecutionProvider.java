package io.github.unipic;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What ONNX Runtime computes with, and that provider's options. What it cannot run, ONNX Runtime's CPU provider does.
 *
 * <p>Whether the name and the options mean something is known when a model is loaded, as it depends on the ONNX Runtime
 * in use and on the libraries that were {@linkplain UniPic#registerProviderLibrary registered}.
 *
 * @param name in any case: {@code auto}, {@code cpu}, {@code cuda}, {@code tensorrt}, {@code rocm}, {@code migraphx},
 *     {@code openvino}, {@code dnnl}, {@code vitisai}, {@code directml}, {@code coreml}, {@code qnn}, {@code webgpu},
 *     {@code xnnpack}, {@code nnapi}, {@code acl} or {@code rknpu}; or the name that a provider gives itself, such as
 *     {@code OpenVINOExecutionProvider}, as {@link RuntimeInfo#devices} shows it
 * @param options as the provider's documentation names them; sorted by name. Where a provider is used through one of
 *     {@link RuntimeInfo#devices}, the option {@code device} says which of its own, from 0 in the order listed
 */
public record ExecutionProvider(String name, Map<String, String> options) {
    /** ONNX Runtime's own, on the processor: always there, and without options. */
    public static final ExecutionProvider CPU = of("cpu");

    /**
     * The first of TensorRT, CUDA and the CPU whose libraries load and which has a device, found out when a model is
     * loaded; {@link UniPic#choose} says which, and a log line why. TensorRT, which builds engines for minutes, is
     * taken only where the option {@code trt_engine_cache_path} names a folder to keep them. Options that begin with
     * {@code trt_} go to TensorRT, the others to TensorRT and CUDA; the CPU takes none.
     */
    public static final ExecutionProvider AUTO = of("auto");

    /**
     * Checks the name and copies the options.
     *
     * @param name not blank; whether it means something is known when a model is loaded
     * @param options copied; no option's name is blank
     * @throws InvalidRequestException when the name or an option's name is blank
     */
    public ExecutionProvider {
        if (name.isBlank()) {
            throw new InvalidRequestException("The execution provider's name is blank; give one such as cpu or cuda.");
        }
        if (options.keySet().stream().anyMatch(String::isBlank)) {
            throw new InvalidRequestException("An option of the execution provider " + name + " has no name.");
        }
        options = Collections.unmodifiableMap(new TreeMap<>(options));
    }

    /**
     * A provider with its default options.
     *
     * @param name one of those that {@link ExecutionProvider} lists, in any case
     * @return the provider
     * @throws InvalidRequestException when the name is blank
     */
    public static ExecutionProvider of(String name) {
        return new ExecutionProvider(name, Map.of());
    }

    /**
     * Whether this is ONNX Runtime's own on the processor.
     *
     * @return true for its short name and for the one it gives itself, in any case
     */
    public boolean isCpu() {
        return name.equalsIgnoreCase(CPU.name) || name.equalsIgnoreCase("CPUExecutionProvider");
    }

    /**
     * This provider with one more option, or with another value for it.
     *
     * @param option as the provider's documentation names it, such as {@code device_id}
     * @param value as that documentation writes it, such as {@code 1}
     * @return a new one
     * @throws InvalidRequestException when the option's name is blank
     */
    public ExecutionProvider withOption(String option, String value) {
        Map<String, String> more = new TreeMap<>(options);
        more.put(option, value);
        return new ExecutionProvider(name, more);
    }

    /** For example {@code cuda device_id=1}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(name);
        options.forEach(
                (option, value) -> text.append(' ').append(option).append('=').append(value));
        return text.toString();
    }
}
