package io.github.unipic.generation;

import io.github.unipic.InferenceException;
import io.github.unipic.model.Grid;
import io.github.unipic.runtime.Tensor;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/** The tokens of a batch of pictures while they are drawn; zero where nothing is known yet. */
public final class ImageTokens {
    private final Grid grid;
    private final int channels;
    private final float[][] pictures;

    private ImageTokens(Grid grid, float[][] pictures) {
        this.grid = grid;
        this.channels = pictures[0].length / grid.tokens();
        this.pictures = pictures;
    }

    static ImageTokens blank(int pictures, Grid grid, int channels) {
        return new ImageTokens(grid, new float[pictures][grid.tokens() * channels]);
    }

    /** Each picture with these latents [N*channels]. */
    static ImageTokens of(int pictures, Grid grid, float[] latents) {
        float[][] copies = new float[pictures][];
        Arrays.setAll(copies, picture -> latents.clone());
        return new ImageTokens(grid, copies);
    }

    public Grid grid() {
        return grid;
    }

    public int pictures() {
        return pictures.length;
    }

    /** All tokens of one picture as latents [1,h,w,channels]. */
    public Tensor latents(int picture) {
        return Tensor.floats(pictures[picture], 1, grid.height(), grid.width(), channels);
    }

    /** The tokens at these positions, the same number for each picture: [B,V,channels]. */
    Tensor at(List<int[]> positions) {
        int count = positions.get(0).length;
        FloatBuffer buffer = Tensor.floatBuffer(pictures.length * count * channels);
        for (int picture = 0; picture < pictures.length; picture++) {
            for (int position : positions.get(picture)) {
                buffer.put(pictures[picture], position * channels, channels);
            }
        }
        return Tensor.floats(buffer.flip(), pictures.length, count, channels);
    }

    /** Puts predicted tokens [B*M,channels], picture by picture, in their places. */
    void put(List<int[]> positions, Tensor predicted) {
        float[] values = predicted.toFloats();
        int from = 0;
        for (int picture = 0; picture < pictures.length; picture++) {
            for (int position : positions.get(picture)) {
                System.arraycopy(values, from, pictures[picture], position * channels, channels);
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
