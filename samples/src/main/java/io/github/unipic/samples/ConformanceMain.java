package io.github.unipic.samples;

import java.util.stream.Stream;

/**
 * The command line of unipic-conformance-all.jar: {@code run} and {@code record} without {@code conformance} before.
 */
public final class ConformanceMain {
    private ConformanceMain() {}

    /** Runs the command line and ends the process with its exit code. */
    public static void main(String[] args) {
        UniPicCommand.main(
                Stream.concat(Stream.of("conformance"), Stream.of(args)).toArray(String[]::new));
    }
}
