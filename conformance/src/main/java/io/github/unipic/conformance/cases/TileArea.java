package io.github.unipic.conformance.cases;

import io.github.unipic.model.Grid;

/** The area of an image that a tile covers. */
enum TileArea {
    /** Everywhere. */
    WHOLE,
    /** Away from every edge, half as high and wide. */
    MIDDLE,
    /** Top left, half as high and wide. */
    CORNER;

    /** Top, left, height, width. */
    long[] of(Grid image) {
        int height = image.height();
        int width = image.width();
        return switch (this) {
            case WHOLE -> new long[] {0, 0, height, width};
            case MIDDLE -> new long[] {height / 4, width / 4, height / 2, width / 2};
            case CORNER -> new long[] {0, 0, height / 2, width / 2};
        };
    }
}
