package io.github.unipic.cli;

import java.time.Duration;
import java.util.Locale;

/** Formats times for people. */
final class Quantities {
    private Quantities() {}

    /** {@code 0.4 s}, {@code 37 s}, {@code 4 min 07 s}, {@code 1 h 05 min}. */
    static String time(Duration time) {
        double seconds = time.toMillis() / 1000.0;
        if (seconds < 9.95) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
        long whole = Math.round(seconds);
        if (whole < 60) {
            return whole + " s";
        }
        if (whole < 3600) {
            return String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60);
        }
        return String.format(Locale.ROOT, "%d h %02d min", whole / 3600, whole % 3600 / 60);
    }
}
