package io.github.unipic.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A file or folder on the command line. */
final class PathArgument implements ITypeConverter<Path> {
    @Override
    public Path convert(String text) {
        if (text.isEmpty()) {
            // For Java it is the current folder, but usually it is a shell variable that is not set.
            throw new TypeConversionException("it is empty; give a file or folder (the current folder is .)");
        }
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new TypeConversionException(explain(e));
        }
    }

    /** Java takes the character set of file names from the locale, and refuses names with other characters. */
    static String explain(InvalidPathException e) {
        boolean ascii = e.getInput().chars().allMatch(c -> c < 128);
        return "'" + e.getInput() + "' "
                + (ascii
                        ? "is not a file name: " + e.getReason()
                        : "has characters that Java cannot use in file names in this locale; set LC_ALL=C.UTF-8 and try"
                                + " again");
    }
}
