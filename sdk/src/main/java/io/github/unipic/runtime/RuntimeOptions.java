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
 * @param threads that work on one operator; absent: as many as ONNX Runtime chooses, one per physical core
 * @param provider that every graph is given to; {@link ExecutionProvider#AUTO} becomes what it stands for here
 * @param profileFolder where each graph's trace is written; absent: none is made
 * @param memory what is kept in memory
 */
public record RuntimeOptions(
        OptionalInt threads, ExecutionProvider provider, Optional<Path> profileFolder, Memory memory) {
    public static final RuntimeOptions DEFAULTS =
            new RuntimeOptions(OptionalInt.empty(), ExecutionProvider.CPU, Optional.empty(), Memory.DEFAULTS);

    /**
     * What is kept in memory to save time.
     *
     * @param keepLoaded whether a graph once opened stays so; otherwise it is closed when nobody holds it any more.
     *     Graphs that are traced stay open
     * @param prepack whether the CPU copies all matrices into a layout of its own when a graph is opened. Otherwise the
     *     large ones in float32 are multiplied where they are mapped; those in other types are always copied
     * @param mapped whether weights stay in their files, of which the system reads what is used; otherwise they are
     *     read into memory when a graph is opened, and the files are not needed after that
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
