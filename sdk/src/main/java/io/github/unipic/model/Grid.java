package io.github.unipic.model;

/** An image's height and width in image tokens. Positions count row by row. */
public record Grid(int height, int width) {
    public Grid {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("A grid of " + height + " x " + width + " has no tokens.");
        }
    }

    public int tokens() {
        return Math.multiplyExact(height, width);
    }
}
