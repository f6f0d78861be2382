package io.github.unipic.generation;

import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.Stages;
import java.util.HashMap;
import java.util.Map;

/**
 * Prompts with hidden places behind them, as many as it takes for attention to see a multiple of some number of places.
 * ONNX Runtime's CUDA provider attends through a mask without holding every score only where the mask's rows are a
 * multiple of 4 values long. Not thread-safe; close it.
 */
public final class AlignedPrompts implements AutoCloseable {
    private final Stages stages;
    private final KvCache prompts;
    private final int multiple;
    private final Map<Integer, KvCache> longer = new HashMap<>();

    /**
     * @param prompts where the provider computes; stays its owner's
     * @param multiple 1 for prompts as they are
     */
    public AlignedPrompts(Stages stages, KvCache prompts, int multiple) {
        this.stages = stages;
        this.prompts = prompts;
        this.multiple = multiple;
    }

    /**
     * The prompts such that they and so many more tokens take a multiple of places: themselves, or a copy that this
     * owns. Copies stay until this is closed, as the next iteration may want the same.
     */
    public KvCache before(int tokens) {
        int more = Math.floorMod(-(prompts.length() + tokens), multiple);
        return more == 0 ? prompts : longer.computeIfAbsent(more, this::padded);
    }

    private KvCache padded(int more) {
        try (KvCache padded = prompts.padded(more)) {
            return stages.onDevice(padded);
        }
    }

    /**
     * Where a piece of some tokens begins: all that are behind it are a multiple, so that {@link #before} suits every
     * piece.
     *
     * @param piece 0 to {@code pieces}, for which it is the end
     */
    public int start(int piece, int pieces, int tokens) {
        int behind = (pieces - piece) * tokens / pieces;
        return piece == 0 ? 0 : tokens - behind / multiple * multiple;
    }

    @Override
    public void close() {
        longer.values().forEach(KvCache::close);
    }
}
