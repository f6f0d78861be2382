package io.github.unipic.cli;

import io.github.unipic.UniPic;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options that trade time for memory. */
final class MemoryOptions {
    private static final long LOW_MEMORY_TILE_ABOVE = 512 * 512;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--tile-above",
            paramLabel = "PIXELS",
            description =
                    "Decode images of more pixels (width times height) in tiles. This needs less memory, and several"
                            + " times the time for decoding. Default: 1048576 (1024 x 1024); with --low-memory 262144"
                            + " (512 x 512).")
    private Long tileAbove;

    @Option(
            names = "--low-memory",
            description =
                    "Close each graph after use, and decode images of more than 512 x 512 pixels in tiles. This needs"
                            + " less memory at the peak, and more time.")
    private boolean lowMemory;

    @Option(
            names = "--prepack",
            description =
                    "Copy the matrices of a float32 model into the processor's fastest layout. This needs their memory"
                            + " twice, and seconds more to load. It pays off for chats and many images in a row.")
    private boolean prepack;

    @Option(
            names = "--no-mmap",
            description = "Read the weights into memory instead of mapping their files: for model folders on"
                    + " network drives, and where files may change while they are in use. Takes as much memory as the"
                    + " folder's size.")
    private boolean notMapped;

    boolean mapped() {
        return !notMapped;
    }

    boolean keepLoaded() {
        return !lowMemory;
    }

    boolean prepack() {
        return prepack;
    }

    long tileAbove() {
        if (tileAbove == null) {
            return lowMemory ? LOW_MEMORY_TILE_ABOVE : UniPic.TILE_ABOVE;
        }
        return tileAbove;
    }

    /** Checks the options before anything is loaded. */
    void requireValid() {
        if (tileAbove() < 0) {
            throw new ParameterException(
                    command.commandLine(), "--tile-above is " + tileAbove + ", but must be 0 or more");
        }
    }
}
