package io.github.unipic.conformance.report;

import io.github.unipic.Image;
import java.util.Optional;

/**
 * Where two images differ.
 *
 * @param image absolute difference of each value, times {@code factor}: black where they agree
 * @param factor the largest whole number that keeps the largest difference within 255; 1 if there is none
 * @param largest difference of two pixel values, 0 to 255
 */
record Difference(Image image, int factor, int largest) {

    /** Compares two images; empty if their sizes differ. */
    static Optional<Difference> between(Image reference, Image actual) {
        if (reference.width() != actual.width() || reference.height() != actual.height()) {
            return Optional.empty();
        }
        byte[] expected = reference.rgb();
        byte[] found = actual.rgb();
        int largest = 0;
        for (int i = 0; i < found.length; i++) {
            largest = Math.max(largest, distance(expected[i], found[i]));
        }
        int factor = largest == 0 ? 1 : 255 / largest;
        byte[] amplified = new byte[found.length];
        for (int i = 0; i < found.length; i++) {
            amplified[i] = (byte) (factor * distance(expected[i], found[i]));
        }
        return Optional.of(new Difference(Image.ofRgb(actual.width(), actual.height(), amplified), factor, largest));
    }

    private static int distance(byte a, byte b) {
        return Math.abs(Byte.toUnsignedInt(a) - Byte.toUnsignedInt(b));
    }
}
