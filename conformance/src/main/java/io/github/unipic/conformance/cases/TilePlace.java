package io.github.unipic.conformance.cases;

import io.github.unipic.model.Grid;

/** Where in an image a tile lies. */
enum TilePlace {
    /** Everywhere. */
    WHOLE,
    /** Away from every edge, half as high and wide. */
    MIDDLE,
    /** Top left, half as high and wide. */
    CORNER;

    /** Top, left, height, width. */
    long[] of(Grid places) {
        int height = places.height();
        int width = places.width();
        return switch (this) {
            case WHOLE -> new long[] {0, 0, height, width};
            case MIDDLE -> new long[] {height / 4, width / 4, height / 2, width / 2};
            case CORNER -> new long[] {0, 0, height / 2, width / 2};
        };
    }
}
