package io.github.unipic.conformance;

import java.util.Locale;

/** How much a run checks. */
public enum Suite {
    /** The shortest run that goes through every graph and every task once. */
    SMOKE,
    /** Every case. */
    FULL;

    /** The name on the command line, in cases.json and in reports. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether a run of this suite has the cases of another. */
    public boolean includes(Suite other) {
        return other.ordinal() <= ordinal();
    }
}
