package io.github.unipic.generation;

import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.Resources;
import java.util.HashMap;
import java.util.Map;

/**
 * The prompts' KV cache, padded so that the length that attention sees is a multiple of some number: ONNX Runtime's
 * CUDA provider attends through a mask without holding every score only where the mask's rows are a multiple of 4
 * values long. Not thread-safe; close it.
 */
public final class PaddedPrompts implements AutoCloseable {
    private final Execution execution;
    private final KvCache prompts;
    private final int multiple;
    private final Map<Integer, KvCache> paddedBy = new HashMap<>();

    /**
     * @param prompts where the provider computes; stays its owner's
     * @param multiple 1 for no padding
     */
    public PaddedPrompts(Execution execution, KvCache prompts, int multiple) {
        this.execution = execution;
        this.prompts = prompts;
        this.multiple = multiple;
    }

    /**
     * The prompts, padded so that they and that many tokens behind them have a length that is a multiple. Owned by this
     * and kept until it is closed, as the next iteration may want the same.
     */
    public KvCache before(int tokens) {
        int padding = Math.floorMod(-(prompts.length() + tokens), multiple);
        return padding == 0 ? prompts : paddedBy.computeIfAbsent(padding, this::padded);
    }

    private KvCache padded(int padding) {
        try (KvCache padded = prompts.padded(padding)) {
            return execution.onDevice(padded);
        }
    }

    /**
     * Where a chunk of some tokens begins, such that {@link #before} suits every chunk: what is behind its start is a
     * multiple.
     *
     * @param chunk 0 to {@code chunks}, for which it is the end
     */
    public int start(int chunk, int chunks, int tokens) {
        int behind = (chunks - chunk) * tokens / chunks;
        return chunk == 0 ? 0 : tokens - behind / multiple * multiple;
    }

    @Override
    public void close() {
        Resources.close(paddedBy.values());
    }
}
