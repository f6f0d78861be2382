package io.github.unipic.conformance.cases;

/** How many tokens of an image are known. */
enum KnownCount {
    NONE,
    HALF,
    ALL_BUT_ONE,
    ALL;

    int of(int tokens) {
        return switch (this) {
            case NONE -> 0;
            case HALF -> tokens / 2;
            case ALL_BUT_ONE -> tokens - 1;
            case ALL -> tokens;
        };
    }
}
