package io.github.unipic.generation;

/**
 * Standard normal noise by position. Each group of four channels comes from the {@link Philox} block of the counter
 * (position, row, channel group, 0), with the seed as key. Box and Muller's method (1958) makes it normal, in double
 * precision and with StrictMath, so that every machine gives the same bits. Immutable.
 *
 * @param seed the key
 */
public record PhiloxNoise(long seed) implements NoiseSource {
    private static final int STREAM = 0;
    private static final int GROUP = 4;
    private static final double TWO_TO_32 = 0x1p32;

    @Override
    public void fill(int position, int row, float[] destination) {
        double[] normals = new double[GROUP];
        for (int start = 0; start < destination.length; start += GROUP) {
            int[] words = Philox.block(seed, position, row, start / GROUP, STREAM);
            boxMuller(words[0], words[1], normals, 0);
            boxMuller(words[2], words[3], normals, 2);
            for (int i = start; i < Math.min(start + GROUP, destination.length); i++) {
                destination[i] = (float) normals[i - start];
            }
        }
    }

    private static void boxMuller(int first, int second, double[] normals, int at) {
        double radius = StrictMath.sqrt(-2 * StrictMath.log(uniform(first)));
        double angle = 2 * Math.PI * uniform(second);
        normals[at] = radius * StrictMath.cos(angle);
        normals[at + 1] = radius * StrictMath.sin(angle);
    }

    /** A number in the open interval (0, 1), since the logarithm of 0 is infinite. */
    private static double uniform(int word) {
        return (Integer.toUnsignedLong(word) + 0.5) / TWO_TO_32;
    }
}
