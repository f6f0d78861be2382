package io.github.unipic.runtime;

import java.util.LinkedHashMap;
import java.util.Map;

/** What a run gave, by output name. Closing it frees every tensor that was not taken out. */
public final class Outputs implements AutoCloseable {
    private final Map<String, Tensor> tensors;

    Outputs(Map<String, Tensor> tensors) {
        this.tensors = new LinkedHashMap<>(tensors);
    }

    /** An output, now owned by the caller. */
    public Tensor take(String name) {
        return tensors.remove(name);
    }

    @Override
    public void close() {
        Resources.close(tensors.values());
        tensors.clear();
    }
}
