package io.github.unipic.samples;

import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** A file that is written at the end of long work, checked before it. */
final class OutputFile {
    private OutputFile() {}

    /** @throws ParameterException if the file, given by the option, cannot be where it is said to be */
    static void requirePossible(CommandSpec command, String option, Path file) {
        if (Files.isDirectory(file)) {
            throw new ParameterException(
                    command.commandLine(), option + " is '" + file + "', which is a folder; name a file");
        }
        if (!Files.isDirectory(file.toAbsolutePath().getParent())) {
            throw new ParameterException(
                    command.commandLine(), option + " is " + file + ", but its folder does not exist; make it first");
        }
    }
}
