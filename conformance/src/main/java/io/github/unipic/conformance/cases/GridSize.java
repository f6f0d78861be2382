package io.github.unipic.conformance.cases;

import io.github.unipic.model.Grid;

/** Sizes of a grid of image tokens, relative to the one the position tables were trained on. */
enum GridSize {
    NATIVE,
    SMALLER,
    LARGER,
    DOUBLE,
    WIDE,
    TALL;

    Grid of(int side) {
        int less = Math.max(2, side / 2);
        int more = side + Math.max(1, side / 4);
        return switch (this) {
            case NATIVE -> new Grid(side, side);
            case SMALLER -> new Grid(less, less);
            case LARGER -> new Grid(more, more);
            case DOUBLE -> new Grid(2 * side, 2 * side);
            case WIDE -> new Grid(less, more);
            case TALL -> new Grid(more, less);
        };
    }
}
