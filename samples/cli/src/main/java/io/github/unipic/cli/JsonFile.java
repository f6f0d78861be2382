package io.github.unipic.cli;

import io.github.unipic.files.AtomicFile;
import io.github.unipic.files.FileFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** The file of {@code --json}. It is written after long work, and checked before. */
final class JsonFile {
    private JsonFile() {}

    /** @throws ParameterException if no such file can be written */
    static void requirePossible(CommandSpec command, Path file) {
        if (Files.isDirectory(file)) {
            throw wrong(command, "'" + file + "', which is a folder; name a file");
        }
        if (!Files.isDirectory(file.toAbsolutePath().getParent())) {
            throw wrong(command, file + ", but its folder does not exist; make it first");
        }
        try {
            AtomicFile.requirePossible(file);
        } catch (IOException e) {
            throw wrong(command, file + ", which cannot be written (" + FileFailure.reason(e) + "); name another file");
        }
    }

    private static ParameterException wrong(CommandSpec command, String what) {
        return new ParameterException(command.commandLine(), "--json is " + what);
    }
}
