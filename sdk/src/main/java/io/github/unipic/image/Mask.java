package io.github.unipic.image;

import io.github.unipic.Image;

public final class Mask {
    private final Image i;

    private Mask(Image i) {
        this.i = i;
    }

    public static Mask of(Image i) {
        return new Mask(i);
    }

    public boolean[] tokens(int p) {
        int w = i.width() / p, h = i.height() / p;
        boolean[] t = new boolean[w * h];
        byte[] a = i.rgb();
        for (int y = 0; y < i.height(); y++)
            for (int x = 0; x < i.width(); x++)
                if ((a[3 * (y * i.width() + x)] & 255) >= 128) t[y / p * w + x / p] = true;
        return t;
    }

    public Image paste(Image d, Image s, int seam) {
        return d;
    }
}
