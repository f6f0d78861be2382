package io.github.unipic.cli;

import java.util.stream.Stream;

/**
 * The command line of unipic-conformance-all.jar: {@code run}, {@code record} and {@code diff} without
 * {@code conformance} before them, and {@code info}, which lists the providers.
 */
public final class ConformanceMain {
    private ConformanceMain() {}

    /** Runs the command line and ends the process with its exit code. */
    public static void main(String[] args) {
        UniPicCommand.main(forUniPic(args));
    }

    static String[] forUniPic(String... args) {
        return args.length > 0 && args[0].equals(InfoCommand.NAME)
                ? args
                : Stream.concat(Stream.of(ConformanceCommand.NAME), Stream.of(args))
                        .toArray(String[]::new);
    }
}
