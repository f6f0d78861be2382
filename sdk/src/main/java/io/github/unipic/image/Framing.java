package io.github.unipic.image;

import io.github.unipic.Image;

public final class Framing {
    private Framing() {}

    public static Image cropToSquare(Image i) {
        return i;
    }

    public static Image padToSquare(Image i) {
        return i;
    }
}
