package io.github.unipic.testing;

import io.github.unipic.Image;

/** Synthetic images. */
public final class TestImages {
    private TestImages() {}

    public static Image gradient(int width, int height) {
        byte[] rgb = new byte[3 * width * height];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int at = 3 * (y * width + x);
                rgb[at] = (byte) (255 * x / width);
                rgb[at + 1] = (byte) (255 * y / height);
                rgb[at + 2] = (byte) ((x / 8 + y / 8) % 2 * 200);
            }
        }
        return Image.ofRgb(width, height, rgb);
    }

    /** Black, but white from column {@code fromX} and row {@code fromY} on. */
    public static Image cornerMask(int width, int height, int fromX, int fromY) {
        byte[] rgb = new byte[3 * width * height];
        for (int y = fromY; y < height; y++) {
            for (int x = fromX; x < width; x++) {
                for (int channel = 0; channel < 3; channel++) {
                    rgb[3 * (y * width + x) + channel] = (byte) 255;
                }
            }
        }
        return Image.ofRgb(width, height, rgb);
    }
}
