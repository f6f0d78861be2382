package io.github.unipic.generation;

import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.Resources;
import java.util.HashMap;
import java.util.Map;

/**
 * The prompts' KV cache, padded so that the attended length is a multiple of some number. ONNX Runtime's CUDA provider
 * avoids storing every attention score only if the rows of the attention mask are a multiple of 4 values long. Not
 * thread-safe; close it.
 */
public final class PaddedPrompts implements AutoCloseable {
    private final Execution execution;
    private final KvCache prompts;
    private final int multiple;
    private final Map<Integer, KvCache> paddedBy = new HashMap<>();

    /**
     * @param prompts on the provider's device; its owner closes it
     * @param multiple 1 for no padding
     */
    public PaddedPrompts(Execution execution, KvCache prompts, int multiple) {
        this.execution = execution;
        this.prompts = prompts;
        this.multiple = multiple;
    }

    /**
     * The prompts, padded so that their length plus {@code tokens} is a multiple. This owns the result and keeps it,
     * because the next iteration may need it again.
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
     * The first token of a chunk. The number of tokens from there to the end is a multiple, so that {@link #before}
     * fits every chunk.
     *
     * @param chunk 0 to {@code chunks}; {@code chunks} gives the end of the last one
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
