package io.github.unipic.conformance.report;

import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.time.Duration;
import java.util.Locale;

/** Formats numbers for people, in ASCII for any terminal. */
final class Figures {
    private static final double LARGEST_PLAIN = 1e6;

    private Figures() {}

    /** An error or a limit: counts as they are, other values as {@code 3.42e-6}. */
    static String of(double value) {
        if (!Double.isFinite(value)) {
            return Double.toString(value);
        }
        if (value == Math.rint(value) && Math.abs(value) < LARGEST_PLAIN) {
            return Long.toString((long) value);
        }
        return decimal("0.00E0", value).replace('E', 'e');
    }

    /** A count, with thousands separated. */
    static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    /** {@code 1 check}, {@code 2 checks}. */
    static String count(long count, String noun) {
        return count(count) + " " + noun + (count == 1 ? "" : "s");
    }

    /** {@link Check#value()}, or that there is none. */
    static String value(Check check) {
        return check.isWithoutResult() ? "no result" : of(check.value());
    }

    /** {@link Check#limit()}; a dash if nothing is compared with it. */
    static String limit(Check check) {
        return check.isWithoutResult() ? "-" : of(check.limit());
    }

    /**
     * {@link Check#ratio()}: {@code 17%} up to the limit, {@code 1.5x} beyond; a dash if there is no result. Rounded
     * away from the limit's side, so that a failure never reads 100%.
     */
    static String ratio(Check check) {
        if (check.isWithoutResult()) {
            return "-";
        }
        double ratio = check.ratio();
        if (check.passed()) {
            return ratio > 0 && ratio < 0.01 ? "<1%" : (int) Math.floor(ratio * 100) + "%";
        }
        if (Double.isInfinite(ratio)) {
            return Double.isNaN(check.value()) ? "NaN" : "above " + of(check.limit());
        }
        return factor(Math.max(1.01, ratio));
    }

    /** {@code 1.52x}, {@code 300x}. */
    static String factor(double factor) {
        if (factor < 10) {
            return decimal("0.00", factor) + "x";
        }
        return factor < LARGEST_PLAIN
                ? count(Math.round(factor)) + "x"
                : decimal("0E0", factor).replace('E', 'e') + "x";
    }

    static String percent(double part, double whole) {
        return whole == 0 ? "-" : decimal("0.0", 100 * part / whole) + "%";
    }

    static String milliseconds(double milliseconds) {
        return decimal(milliseconds < 10 ? "0.00" : milliseconds < 100 ? "0.0" : "#,##0", milliseconds) + " ms";
    }

    static String cosine(double cosine) {
        return decimal("0.0000000", cosine);
    }

    static String decibels(double psnr) {
        return psnr == Double.POSITIVE_INFINITY ? "identical" : "PSNR " + decimal("0.0", psnr) + " dB";
    }

    /** {@code 31.2 GiB}; less than 1 GiB in MiB. */
    static String bytes(long bytes) {
        double mebibytes = bytes / (1024.0 * 1024);
        return mebibytes < 1024 ? decimal("0.0", mebibytes) + " MiB" : decimal("0.0", mebibytes / 1024) + " GiB";
    }

    /** {@code 2 h 3 min}, {@code 4 min 12 s} or {@code 8.3 s}. */
    static String duration(Duration duration) {
        if (duration.toHours() > 0) {
            return duration.toHours() + " h " + duration.toMinutesPart() + " min";
        }
        if (duration.toMinutes() > 0) {
            return duration.toMinutes() + " min " + duration.toSecondsPart() + " s";
        }
        return decimal("0.0", duration.toMillis() / 1e3) + " s";
    }

    private static String decimal(String pattern, double value) {
        return Double.isFinite(value)
                ? new DecimalFormat(pattern, DecimalFormatSymbols.getInstance(Locale.ROOT)).format(value)
                : Double.toString(value);
    }
}
