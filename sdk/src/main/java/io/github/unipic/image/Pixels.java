package io.github.unipic.image;

import io.github.unipic.Image;

/** Between a model's pixels, float32 [3,H,W] in about [-1,1], and pictures. */
public final class Pixels {
    private Pixels() {}

    /** Truncating, as the reference: trunc(clamp(127.5 x + 128, 0, 255)). */
    public static Image toImage(float[] pixels, int width, int height) {
        int plane = width * height;
        byte[] rgb = new byte[3 * plane];
        for (int channel = 0; channel < 3; channel++) {
            for (int i = 0; i < plane; i++) {
                float level = 127.5f * pixels[channel * plane + i] + 128f;
                rgb[3 * i + channel] = (byte) (int) Math.max(0f, Math.min(255f, level));
            }
        }
        return Image.ofRgb(width, height, rgb);
    }

    /**
     * As the reference prepares sources: level / 255 * 2 - 1, in float32.
     *
     * @param image the picture
     * @return [3,H,W], planar, each value in [-1,1]
     */
    public static float[] fromImage(Image image) {
        byte[] rgb = image.rgb();
        int plane = rgb.length / 3;
        float[] pixels = new float[rgb.length];
        for (int i = 0; i < plane; i++) {
            for (int channel = 0; channel < 3; channel++) {
                pixels[channel * plane + i] = (rgb[3 * i + channel] & 0xff) / 255f * 2f - 1f;
            }
        }
        return pixels;
    }
}
