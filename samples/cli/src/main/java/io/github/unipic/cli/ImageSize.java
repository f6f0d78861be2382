package io.github.unipic.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** An image's width and height in pixels, written {@code 1280x768}, or {@code 1024} for a square. */
record ImageSize(int width, int height) {
    private static final Pattern FORM = Pattern.compile("(\\d{1,6})(?:[xX](\\d{1,6}))?");

    static final class Converter implements ITypeConverter<ImageSize> {
        @Override
        public ImageSize convert(String text) {
            Matcher matcher = FORM.matcher(text.strip());
            if (!matcher.matches()) {
                throw new TypeConversionException("'" + text + "' is not a size; write 1024 or 1280x768");
            }
            int width = Integer.parseInt(matcher.group(1));
            return new ImageSize(width, matcher.group(2) == null ? width : Integer.parseInt(matcher.group(2)));
        }
    }
}
