package io.github.unipic.conformance.cases;

import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest.Sizes;

/** What the MAR decoder sees at masked positions. */
enum CanvasSize {
    /** Mask tokens only, as in generating. */
    BLANK,
    /** An image, as in editing. */
    FULL;

    int of(Sizes sizes, Grid grid) {
        return this == FULL ? sizes.bufferTokens() + grid.tokens() : 0;
    }
}
