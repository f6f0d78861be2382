package io.github.unipic;

import java.util.List;

/**
 * The ONNX Runtime that runs models here.
 *
 * @param version for example {@code 1.29.0}
 * @param providers that its native library was built with, by ONNX Runtime's names; whether one works on this machine
 *     is another question
 */
public record RuntimeInfo(String version, List<String> providers) {
    /** Copies the list. */
    public RuntimeInfo {
        providers = List.copyOf(providers);
    }
}
