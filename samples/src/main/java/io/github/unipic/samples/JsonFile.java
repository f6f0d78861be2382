package io.github.unipic.samples;

import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** The file of {@code --json}, which is written at the end of long work, and checked before it. */
final class JsonFile {
    private JsonFile() {}

    /** @throws ParameterException if no such file can be written */
    static void requirePossible(CommandSpec command, Path file) {
        if (Files.isDirectory(file)) {
            throw new ParameterException(
                    command.commandLine(), "--json is '" + file + "', which is a folder; name a file");
        }
        if (!Files.isDirectory(file.toAbsolutePath().getParent())) {
            throw new ParameterException(
                    command.commandLine(), "--json is " + file + ", but its folder does not exist; make it first");
        }
    }
}
