package io.github.unipic;

import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.StringJoiner;

/** The values of requests: how they are described and checked. */
final class Values {
    private static final int MAX_DESCRIBED = 100;

    private Values() {}

    /**
     * The values that are set, long ones cut.
     *
     * @param pairs names, each followed by its value
     */
    static String describe(String name, List<Object> pairs) {
        StringJoiner text = new StringJoiner(", ", name + "[", "]");
        Iterator<Object> values = pairs.iterator();
        while (values.hasNext()) {
            String key = values.next().toString();
            given(values.next()).ifPresent(value -> text.add(key + "=" + Printable.line(cut(value))));
        }
        return text.toString();
    }

    private static Optional<Object> given(Object value) {
        if (value instanceof Optional<?> optional) {
            return optional.map(present -> present);
        }
        if (value instanceof OptionalInt optional) {
            return optional.isPresent() ? Optional.of(optional.getAsInt()) : Optional.empty();
        }
        if (value instanceof OptionalLong optional) {
            return optional.isPresent() ? Optional.of(optional.getAsLong()) : Optional.empty();
        }
        if (value instanceof OptionalDouble optional) {
            return optional.isPresent() ? Optional.of(optional.getAsDouble()) : Optional.empty();
        }
        return Optional.of(value).filter(given -> !Boolean.FALSE.equals(given));
    }

    private static String cut(Object value) {
        String text = value.toString();
        return text.length() <= MAX_DESCRIBED ? text : text.substring(0, MAX_DESCRIBED) + "...";
    }

    /** Half a surrogate pair has no UTF-8. */
    static void checkUnicode(String name, String text) {
        int codePoint;
        for (int at = 0; at < text.length(); at += Character.charCount(codePoint)) {
            codePoint = text.codePointAt(at);
            if (Character.getType(codePoint) == Character.SURROGATE) {
                throw new InvalidRequestException(
                        name + " is not valid Unicode: it has an unpaired surrogate; remove it");
            }
        }
    }

    /** Refuses what no PNG's text can hold. */
    static void checkText(String name, String text) {
        checkUnicode(name, text);
        if (text.indexOf('\0') >= 0) {
            throw new InvalidRequestException(name + " has the character NUL; remove it");
        }
    }

    /** Refuses a size that no model draws. */
    static void checkSize(int width, int height) {
        if (width < 1 || height < 1) {
            throw new InvalidRequestException("the size must be above 0, not " + width + " x " + height);
        }
        if ((long) width * height > ReadOptions.DEFAULT.maxPixels()) {
            throw new InvalidRequestException("size is " + width + " x " + height + " pixels; at most "
                    + ReadOptions.DEFAULT.maxPixels() / 1_000_000 + " megapixels are allowed");
        }
    }
}
