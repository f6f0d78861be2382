package io.github.unipic.generation;

import io.github.unipic.runtime.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What guidance adds to the conditions z, kept by position: the unconditional ones minus the conditional ones. See
 * {@link io.github.unipic.Reuse}. Not thread-safe.
 */
final class GuidanceCache {
    /** For each image. */
    private final List<Map<Integer, float[]>> differences;

    GuidanceCache(int images) {
        differences = Stream.<Map<Integer, float[]>>generate(HashMap::new)
                .limit(images)
                .toList();
    }

    /**
     * Keeps the differences of all positions.
     *
     * @param z [2B,M,dim], the conditional half first
     * @param positions of each image, ascending
     */
    void keep(Tensor z, List<int[]> positions) {
        float[] values = z.toFloats();
        int dim = z.dim(2);
        int count = z.dim(1);
        int half = values.length / 2;
        for (int image = 0; image < differences.size(); image++) {
            for (int i = 0; i < count; i++) {
                int from = (image * count + i) * dim;
                float[] difference = new float[dim];
                for (int at = 0; at < dim; at++) {
                    difference[at] = values[half + from + at] - values[from + at];
                }
                differences.get(image).put(positions.get(image)[i], difference);
            }
        }
    }

    /**
     * Conditions of both halves for some positions.
     *
     * @param conditional [B,m,dim]
     * @param positions of each image: kept before
     * @return [2B,m,dim]
     */
    Tensor complete(Tensor conditional, List<int[]> positions) {
        float[] values = conditional.toFloats();
        int count = conditional.dim(1);
        int dim = conditional.dim(2);
        float[] both = Arrays.copyOf(values, 2 * values.length);
        int at = 0;
        for (int image = 0; image < differences.size(); image++) {
            for (int position : positions.get(image)) {
                for (float difference : differences.get(image).remove(position)) {
                    both[values.length + at] = values[at] + difference;
                    at++;
                }
            }
        }
        return conditional.withValues(both, 2L * differences.size(), count, dim);
    }

    /**
     * The conditions of some of the positions.
     *
     * @param z [R,M,dim], for R rows of images
     * @param all the positions of each image in z, ascending
     * @param wanted some of them, ascending
     */
    static Tensor select(Tensor z, List<int[]> all, List<int[]> wanted) {
        float[] values = z.toFloats();
        int rows = z.dim(0);
        int count = z.dim(1);
        int dim = z.dim(2);
        int selected = wanted.get(0).length;
        float[] found = new float[rows * selected * dim];
        int at = 0;
        for (int row = 0; row < rows; row++) {
            int[] positions = all.get(row % all.size());
            for (int position : wanted.get(row % all.size())) {
                int index = Arrays.binarySearch(positions, position);
                System.arraycopy(values, (row * count + index) * dim, found, at, dim);
                at += dim;
            }
        }
        return z.withValues(found, rows, selected, dim);
    }
}
