package io.github.unipic.image;

import java.util.Map;

/**
 * Colours of a decoded VP8 frame as libwebp, and so Pillow, makes them: chroma, which four pixels share, is
 * interpolated (its "fancy upsampling"), and converted in 14 bits of fraction.
 */
final class Vp8Colors {
    private Vp8Colors() {}

    static Picture toPicture(Vp8Plane luma, Vp8Plane cb, Vp8Plane cr, int width, int height) {
        byte[] rgb = new byte[Math.multiplyExact(width * 3, height)];
        int[] cbRow = new int[width];
        int[] crRow = new int[width];
        int at = 0;
        for (int y = 0; y < height; y++) {
            interpolate(cb, y, width, height, cbRow);
            interpolate(cr, y, width, height, crRow);
            for (int x = 0; x < width; x++, at += 3) {
                int light = part(luma.get(luma.place(x, y)), 19_077);
                rgb[at] = clip(light + part(crRow[x], 26_149) - 14_234);
                rgb[at + 1] = clip(light - part(cbRow[x], 6_419) - part(crRow[x], 13_320) + 8_708);
                rgb[at + 2] = clip(light + part(cbRow[x], 33_050) - 17_685);
            }
        }
        return new Picture(width, height, rgb, Map.of());
    }

    /** Chroma of a row of pixels: 9/16 of the nearest sample, 3/16 of those beside and above or below it, 1/16. */
    private static void interpolate(Vp8Plane chroma, int y, int width, int height, int[] row) {
        int near = chroma.place(0, y / 2);
        int far = chroma.place(0, Math.max(0, Math.min((height + 1) / 2 - 1, y % 2 == 0 ? y / 2 - 1 : y / 2 + 1)));
        for (int x = 0; x < width; x++) {
            int nearest = chroma.get(near + x / 2);
            int below = chroma.get(far + x / 2);
            if (x == 0 || x == width - 1 && x % 2 == 1) {
                row[x] = 3 * nearest + below + 2 >> 2;
                continue;
            }
            int side = x % 2 == 0 ? x / 2 - 1 : x / 2 + 1;
            int beside = chroma.get(near + side);
            int diagonal = chroma.get(far + side);
            row[x] = (nearest + 3 * beside + 3 * below + diagonal + 8 >> 3) + nearest >> 1;
        }
    }

    private static int part(int sample, int factor) {
        return sample * factor >> 8;
    }

    private static byte clip(int value) {
        return (byte) Math.max(0, Math.min(255, value >> 6));
    }
}
