package io.github.unipic.runtime;

import io.github.unipic.ExecutionProvider;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How graphs run.
 *
 * @param threads that work on one operator; absent: one for a model below 32 MB, otherwise ONNX Runtime chooses, one
 *     per physical core
 * @param provider that runs the graphs; {@link ExecutionProvider#AUTO} is replaced by the provider chosen here
 * @param profileFolder folder for the graphs' traces; absent: no traces
 * @param memory what is kept in memory
 */
public record RuntimeOptions(
        OptionalInt threads, ExecutionProvider provider, Optional<Path> profileFolder, Memory memory) {
    public static final RuntimeOptions DEFAULTS =
            new RuntimeOptions(OptionalInt.empty(), ExecutionProvider.CPU, Optional.empty(), Memory.DEFAULTS);

    /**
     * What is kept in memory to save time.
     *
     * @param keepLoaded whether an opened graph stays open; otherwise it is closed when the last user releases it.
     *     Graphs that are traced stay open
     * @param prepack whether the CPU copies all matrices into its own layout when a graph is opened. Otherwise large
     *     float32 matrices are used where they are mapped; those of other types are always copied
     * @param mapped whether weights stay in their files, and the system reads what is used; otherwise they are read
     *     into memory when a graph is opened, and the files are not needed afterwards
     * @param tileAbove images of more pixels than this are decoded in tiles; 0 or more
     */
    public record Memory(boolean keepLoaded, boolean prepack, boolean mapped, long tileAbove) {
        public static final Memory DEFAULTS = new Memory(true, false, true, 1024 * 1024);

        /** @throws InvalidRequestException when tileAbove is negative */
        public Memory {
            if (tileAbove < 0) {
                throw new InvalidRequestException("tileAbove is " + tileAbove + "; give 0 or more pixels.");
            }
        }

        public Memory withKeepLoaded(boolean keep) {
            return new Memory(keep, prepack, mapped, tileAbove);
        }

        public Memory withPrepack(boolean copy) {
            return new Memory(keepLoaded, copy, mapped, tileAbove);
        }

        public Memory withMapped(boolean map) {
            return new Memory(keepLoaded, prepack, map, tileAbove);
        }

        public Memory withTileAbove(long pixels) {
            return new Memory(keepLoaded, prepack, mapped, pixels);
        }
    }

    /**
     * Settles on a provider.
     *
     * @throws InvalidRequestException when an option of an automatic choice is wrong
     */
    public RuntimeOptions {
        provider = OnnxRuntime.choose(provider).provider();
    }
}
