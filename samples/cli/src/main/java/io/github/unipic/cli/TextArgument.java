package io.github.unipic.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Text for the model, from the command line. */
final class TextArgument {
    static final String UNREADABLE = "it has characters that Java cannot read in this terminal's character set; set"
            + " LC_ALL=C.UTF-8 and try again";

    private TextArgument() {}

    /** Whether the text was read without loss; otherwise {@link #UNREADABLE} is the reason. */
    static boolean readable(String text) {
        return text.indexOf('\uFFFD') < 0;
    }

    /** Refuses text in which Java has lost characters. */
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
