package io.github.unipic.cli;

import java.time.Duration;
import java.util.Locale;

/** Formats sizes and times for people. */
final class Quantities {
    private static final String[] UNITS = {"kB", "MB", "GB", "TB"};

    private Quantities() {}

    /** Decimal units, as disks and downloads are sold: {@code 4.8 MB}. */
    static String bytes(long bytes) {
        if (bytes < 1000) {
            return bytes + " B";
        }
        double value = bytes / 1000.0;
        int unit = 0;
        while (value >= 999.95 && unit < UNITS.length - 1) {
            value /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
    }

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
