package io.github.unipic.image;

import io.github.unipic.Image;
import io.github.unipic.InferenceException;
import java.util.Map;

/** Converts between a model's pixels, float32 [3,H,W] in about [-1,1], and images. */
public final class Pixels {
    private Pixels() {}

    /**
     * Truncates as the reference does: trunc(clamp(127.5 x + 128, 0, 255)).
     *
     * @throws InferenceException when a pixel is not finite
     */
    public static Image toImage(float[] pixels, int width, int height) {
        Framing.checkSize(width, height);
        byte[] rgb = new byte[3 * width * height];
        put(pixels, width, height, rgb, width, 0, 0);
        return new DecodedImage(width, height, rgb, Map.of()).toImage();
    }

    /**
     * Writes a part of an image into the whole, as {@link #toImage}.
     *
     * @param pixels [3,height,width] of the part
     * @param rgb the whole image's pixel values
     * @param imageWidth its width in pixels
     * @param left column of the image, in pixels, where the part begins; top likewise
     */
    public static void put(float[] pixels, int width, int height, byte[] rgb, int imageWidth, int left, int top) {
        int from = 0;
        for (int channel = 0; channel < 3; channel++) {
            for (int y = 0; y < height; y++) {
                int to = 3 * ((top + y) * imageWidth + left) + channel;
                for (int x = 0; x < width; x++) {
                    float pixel = pixels[from++];
                    if (!Float.isFinite(pixel)) {
                        throw new InferenceException("The model decoded a pixel that is not finite (" + pixel
                                + "); if its weights are float16, export it with --precision fp32.");
                    }
                    float value = 127.5f * pixel + 128f;
                    rgb[to + 3 * x] = (byte) (int) Math.max(0f, Math.min(255f, value));
                }
            }
        }
    }

    /**
     * Converts as the reference does: value / 255 * 2 - 1, in float32.
     *
     * @param image the image
     * @return [3,H,W], planar, each value in [-1,1]
     */
    public static float[] fromImage(Image image) {
        byte[] rgb = DecodedImage.of(image).rgb();
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
