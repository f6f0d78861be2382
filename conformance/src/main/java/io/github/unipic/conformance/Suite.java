package io.github.unipic.conformance;

import java.util.Locale;

/** How much a run checks. */
public enum Suite {
    /** The shortest run that uses every graph and every task once. */
    SMOKE,
    /** Every case. */
    FULL;

    /**
     * The name on the command line, in cases.json and in reports.
     *
     * @return in lower case
     */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Whether this suite has all cases of another.
     *
     * @param other suite
     * @return true for the suite itself too
     */
    public boolean includes(Suite other) {
        return other.ordinal() <= ordinal();
    }
}
