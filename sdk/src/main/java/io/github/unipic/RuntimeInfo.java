package io.github.unipic;

import java.util.List;

/**
 * The ONNX Runtime that runs models here.
 *
 * @param version for example {@code 1.29.0}
 * @param providers that its native library was built with, by ONNX Runtime's names; whether one works on this machine
 *     is another question
 * @param devices that providers offer here, those of registered libraries too: the provider's own name, the kind, maker
 *     and number of the device, for example {@code CPUExecutionProvider: CPU Intel (vendor 0x8086, device 0x0)}
 * @param missing what keeps NVIDIA's providers, where ONNX Runtime was built with them, from working here, and how to
 *     get it: one line each, for example {@code cuda: there is no NVIDIA driver ...}
 */
public record RuntimeInfo(String version, List<String> providers, List<String> devices, List<String> missing) {
    /**
     * Copies the lists.
     *
     * @param version as ONNX Runtime writes it
     * @param providers copied
     * @param devices copied
     * @param missing copied; empty where nothing is
     */
    public RuntimeInfo {
        providers = List.copyOf(providers);
        devices = List.copyOf(devices);
        missing = List.copyOf(missing);
    }
}
