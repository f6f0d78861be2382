package io.github.unipic.cli;

import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.Mask;
import io.github.unipic.MaskChannel;
import io.github.unipic.ReadOptions;
import java.nio.file.Path;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Reads the user's images. An unreadable image is wrong input, not a failure of the program. */
final class InputImage {
    private InputImage() {}

    static Image read(CommandSpec command, Path file) {
        return given(command, () -> Image.read(file));
    }

    static Mask readMask(CommandSpec command, Path file, MaskChannel channel) {
        return given(command, () -> Mask.read(file, ReadOptions.DEFAULT, channel));
    }

    private static <T> T given(CommandSpec command, Supplier<T> input) {
        try {
            return input.get();
        } catch (ImageFormatException e) {
            throw new ParameterException(command.commandLine(), e.getMessage(), e);
        }
    }
}
