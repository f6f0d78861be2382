package io.github.unipic.samples;

import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Reads pictures that the user names: what is wrong with them is the user's input, not the program's failure. */
final class InputPicture {
    private InputPicture() {}

    static Image read(CommandSpec command, Path file) {
        try {
            return Image.read(file);
        } catch (ImageFormatException e) {
            throw new ParameterException(command.commandLine(), e.getMessage(), e);
        }
    }
}
