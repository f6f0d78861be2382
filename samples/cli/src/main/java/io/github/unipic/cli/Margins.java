package io.github.unipic.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The pixels by which an image is extended at each side, written {@code left=64,bottom=32}. */
record Margins(int left, int right, int top, int bottom) {
    private static final List<String> SIDES = List.of("left", "right", "top", "bottom");
    private static final Pattern SIDE = Pattern.compile("\\s*([a-z]+)\\s*=\\s*(\\d{1,6})\\s*");

    static final class Converter implements ITypeConverter<Margins> {
        @Override
        public Margins convert(String text) {
            Map<String, Integer> pixels = new HashMap<>();
            for (String part : text.toLowerCase(Locale.ROOT).split(",", -1)) {
                Matcher matcher = SIDE.matcher(part);
                if (!matcher.matches() || !SIDES.contains(matcher.group(1))) {
                    throw new TypeConversionException(
                            "'" + text + "' does not name sides and pixels; write left=64,right=64,top=0,bottom=32");
                }
                if (pixels.put(matcher.group(1), Integer.valueOf(matcher.group(2))) != null) {
                    throw new TypeConversionException("'" + text + "' names " + matcher.group(1) + " twice");
                }
            }
            return new Margins(
                    pixels.getOrDefault("left", 0),
                    pixels.getOrDefault("right", 0),
                    pixels.getOrDefault("top", 0),
                    pixels.getOrDefault("bottom", 0));
        }
    }
}
