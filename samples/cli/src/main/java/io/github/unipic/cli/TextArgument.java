package io.github.unipic.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Text from the command line for the model to read. */
final class TextArgument {
    static final String UNREADABLE = "it has characters that Java cannot read in this terminal's character set; set"
            + " LC_ALL=C.UTF-8 and try again";

    private TextArgument() {}

    /** Whether no characters were lost on the way from the terminal; else {@link #UNREADABLE} says it. */
    static boolean readable(String text) {
        return text.indexOf('\uFFFD') < 0;
    }

    /** Refuses text that Java has read with characters lost. */
    static final class Converter implements ITypeConverter<String> {
        @Override
        public String convert(String text) {
            if (!readable(text)) {
                throw new TypeConversionException(UNREADABLE);
            }
            return text;
        }
    }
}
