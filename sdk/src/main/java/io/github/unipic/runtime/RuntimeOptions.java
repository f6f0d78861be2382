package io.github.unipic.runtime;

import io.github.unipic.ExecutionProvider;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How graphs run.
 *
 * @param threads that work on one operator; absent: as many as ONNX Runtime chooses, one per physical core
 * @param provider that every graph is given to; {@link ExecutionProvider#AUTO} becomes what it stands for here
 * @param profileFolder where each graph's trace is written; absent: none is made
 * @param keepLoaded whether a graph once opened stays so; otherwise it is closed when nobody holds it any more. Graphs
 *     that are traced stay open
 * @param tileAbove pictures of more pixels than this are decoded in tiles
 */
public record RuntimeOptions(
        OptionalInt threads,
        ExecutionProvider provider,
        Optional<Path> profileFolder,
        boolean keepLoaded,
        long tileAbove) {
    /** The most pixels that are decoded at once, where nobody says otherwise: 1024 x 1024. */
    public static final long TILE_ABOVE = 1024 * 1024;

    public static final RuntimeOptions DEFAULTS =
            new RuntimeOptions(OptionalInt.empty(), ExecutionProvider.CPU, Optional.empty(), true, TILE_ABOVE);

    /**
     * Settles on a provider.
     *
     * @throws io.github.unipic.InvalidRequestException when an option of an automatic choice is wrong
     */
    public RuntimeOptions {
        provider = OnnxRuntime.choose(provider).provider();
    }
}
