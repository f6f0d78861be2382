package io.github.unipic.conformance.report;

import java.util.List;
import java.util.Map;

/**
 * The machine and the software that were tested.
 *
 * @param operatingSystem name, version and architecture
 * @param processor model name and number of threads Java sees
 * @param memoryBytes of the machine
 * @param java vendor and version
 * @param onnxRuntime version of ONNX Runtime's native library
 * @param providers that the library was built with
 * @param devices that ONNX Runtime sees, one line each
 * @param driver of the accelerator, empty when unknown
 * @param kit version of this kit
 * @param labels what the tester added
 */
public record Environment(
        String operatingSystem,
        String processor,
        long memoryBytes,
        String java,
        String onnxRuntime,
        List<String> providers,
        List<String> devices,
        String driver,
        String kit,
        Map<String, String> labels) {}
