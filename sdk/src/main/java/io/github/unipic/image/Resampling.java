package io.github.unipic.image;

import io.github.unipic.Image;

public final class Resampling {
    private Resampling() {}

    public static Image resize(Image i, int w, int h) {
        byte[] a = i.rgb();
        byte[] r = new byte[3 * w * h];
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                for (int c = 0; c < 3; c++)
                    r[3 * (y * w + x) + c] = a[3 * ((y * i.height() / h) * i.width() + x * i.width() / w) + c];
        return Image.ofRgb(w, h, r);
    }
}
