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
            description = "Decode images of more pixels (width times height) in tiles: less memory, several times the"
                    + " time for that part. Default: 1048576 (1024 x 1024); with --low-memory 262144 (512 x 512).")
    private Long tileAbove;

    @Option(
            names = "--low-memory",
            description = "Free each part of the model when it has done its work, and decode images of more than"
                    + " 512 x 512 pixels in tiles: less memory at the peak, more time.")
    private boolean lowMemory;

    @Option(
            names = "--prepack",
            description =
                    "Copy a float32 model's matrices into the layout that the processor multiplies fastest: as much"
                            + " memory again as they take, and seconds more to load; for chats and many images in a row.")
    private boolean prepack;

    @Option(
            names = "--no-mmap",
            description =
                    "Read the weights into memory, where they would be mapped from their files: for model folders on"
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

    /** Before anything is loaded. */
    void requireValid() {
        if (tileAbove() < 0) {
            throw new ParameterException(
                    command.commandLine(), "--tile-above is " + tileAbove + ", but must be 0 or more");
        }
    }
}
