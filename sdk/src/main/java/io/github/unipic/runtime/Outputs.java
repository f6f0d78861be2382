package io.github.unipic.runtime;

import java.util.LinkedHashMap;
import java.util.Map;

/** The outputs of a graph run by name. Closing it frees every tensor that was not taken out. */
public final class Outputs implements AutoCloseable {
    private final Map<String, Tensor> tensors;

    Outputs(Map<String, Tensor> tensors) {
        this.tensors = new LinkedHashMap<>(tensors);
    }

    /** Takes an output out. The caller now owns it. */
    public Tensor take(String name) {
        return tensors.remove(name);
    }

    @Override
    public void close() {
        Resources.close(tensors.values());
        tensors.clear();
    }
}
