package io.github.unipic.generation;

import io.github.unipic.InferenceException;
import io.github.unipic.model.Grid;
import io.github.unipic.runtime.Tensor;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/** The tokens of a batch of images during generation. Tokens that are not known yet are zero. */
public final class ImageTokens {
    private final Grid grid;
    private final int channels;
    private final float[][] images;

    private ImageTokens(Grid grid, float[][] images) {
        this.grid = grid;
        this.channels = images[0].length / grid.tokens();
        this.images = images;
    }

    static ImageTokens blank(int images, Grid grid, int channels) {
        return new ImageTokens(grid, new float[images][grid.tokens() * channels]);
    }

    /** Starts every image with these latents [N*channels]. */
    static ImageTokens of(int images, Grid grid, float[] latents) {
        float[][] copies = new float[images][];
        Arrays.setAll(copies, image -> latents.clone());
        return new ImageTokens(grid, copies);
    }

    public Grid grid() {
        return grid;
    }

    public int images() {
        return images.length;
    }

    /** All tokens of one image as latents [1,h,w,channels]. */
    public Tensor latents(int image) {
        return Tensor.floats(images[image], 1, grid.height(), grid.width(), channels);
    }

    /** The tokens at these positions, the same number for each image: [B,V,channels]. */
    Tensor at(List<int[]> positions) {
        int count = positions.get(0).length;
        FloatBuffer buffer = Tensor.floatBuffer(images.length * count * channels);
        for (int image = 0; image < images.length; image++) {
            for (int position : positions.get(image)) {
                buffer.put(images[image], position * channels, channels);
            }
        }
        return Tensor.floats(buffer.flip(), images.length, count, channels);
    }

    /** Stores predicted tokens [B*M,channels], image by image, at their positions. */
    void put(List<int[]> positions, Tensor predicted) {
        float[] values = predicted.toFloats();
        int from = 0;
        for (int image = 0; image < images.length; image++) {
            for (int position : positions.get(image)) {
                System.arraycopy(values, from, images[image], position * channels, channels);
                from += channels;
            }
        }
        for (float value : values) {
            if (!Float.isFinite(value)) {
                throw new InferenceException("The model predicted " + value
                        + " for an image token; if its weights are float16, export it with --precision fp32.");
            }
        }
    }
}
