package io.github.unipic.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Image;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * How far two images of one size differ, of which one was put together from tiles.
 *
 * @param differences of pixel values, 0 to 255, as many as the image has
 */
public record ImageDifference(int[] differences, int width) {
    /** The images' pixel values, one by one. */
    public static ImageDifference of(Image one, Image other) {
        byte[] a = one.rgb();
        byte[] b = other.rgb();
        assertThat(other.width()).isEqualTo(one.width());
        return new ImageDifference(
                IntStream.range(0, a.length)
                        .map(i -> Math.abs((a[i] & 0xff) - (b[i] & 0xff)))
                        .toArray(),
                one.width());
    }

    /** The share of values that differ by more than {@code most}, of those pixels that are chosen. */
    public double shareAbove(int most, IntPredicate pixels) {
        int[] chosen = IntStream.range(0, differences.length)
                .filter(i -> pixels.test(i / 3))
                .toArray();
        assertThat(chosen).isNotEmpty();
        return (double) IntStream.of(chosen).filter(i -> differences[i] > most).count() / chosen.length;
    }

    /** The largest of all. */
    public int largest() {
        return IntStream.of(differences).max().orElseThrow();
    }

    /** Whether a pixel is next to an edge between two tiles of that side, or one further. */
    public IntPredicate atSeams(int side) {
        int height = differences.length / 3 / width;
        return pixel -> near(pixel % width, width, side) || near(pixel / width, height, side);
    }

    private static boolean near(int at, int length, int side) {
        int parts = (length + side - 1) / side;
        return IntStream.range(1, parts)
                .map(part -> 2 * (length / 2 * part / parts))
                .anyMatch(seam -> at >= seam - 2 && at < seam + 2);
    }
}
