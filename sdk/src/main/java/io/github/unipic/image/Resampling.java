package io.github.unipic.image;

import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Antialiased bicubic resizing, byte for byte equal to Pillow's (src/libImaging/Resample.c), with which the model's
 * images were prepared: two passes in fixed point, the first one's result rounded to bytes.
 */
public final class Resampling {
    private static final double SUPPORT = 2;
    private static final int PRECISION_BITS = 32 - 8 - 2;

    private Resampling() {}

    /**
     * Resizes an image.
     *
     * @param image the source
     * @param width of the result, pixels, above 0
     * @param height of the result, pixels, above 0
     * @return a new image without text; the source itself if it has that size
     * @throws InvalidRequestException if the size is out of range, see {@link Framing#checkSize}
     */
    public static Image resize(Image image, int width, int height) {
        Framing.checkSize(width, height);
        if (width == image.width() && height == image.height()) {
            return image;
        }
        byte[] rgb = DecodedImage.of(image).rgb();
        if (width != image.width()) {
            rgb = resizeRows(rgb, image.width(), image.height(), Kernel.of(image.width(), width));
        }
        if (height != image.height()) {
            rgb = resizeColumns(rgb, width, Kernel.of(image.height(), height));
        }
        return new DecodedImage(width, height, rgb, Map.of()).toImage();
    }

    private static byte[] resizeRows(byte[] source, int sourceWidth, int height, Kernel kernel) {
        int width = kernel.starts.length;
        byte[] target = new byte[width * height * 3];
        IntStream.range(0, height).parallel().forEach(y -> {
            int to = y * width * 3;
            for (int x = 0; x < width; x++, to += 3) {
                int[] weights = kernel.weights[x];
                int from = (y * sourceWidth + kernel.starts[x]) * 3;
                int red = 1 << PRECISION_BITS - 1;
                int green = red;
                int blue = red;
                for (int weight : weights) {
                    red += (source[from] & 0xff) * weight;
                    green += (source[from + 1] & 0xff) * weight;
                    blue += (source[from + 2] & 0xff) * weight;
                    from += 3;
                }
                target[to] = clip(red);
                target[to + 1] = clip(green);
                target[to + 2] = clip(blue);
            }
        });
        return target;
    }

    private static byte[] resizeColumns(byte[] source, int width, Kernel kernel) {
        int height = kernel.starts.length;
        int rowBytes = width * 3;
        byte[] target = new byte[rowBytes * height];
        IntStream.range(0, height).parallel().forEach(y -> {
            int[] sums = new int[rowBytes];
            int from = kernel.starts[y] * rowBytes;
            for (int weight : kernel.weights[y]) {
                for (int i = 0; i < rowBytes; i++) {
                    sums[i] += (source[from + i] & 0xff) * weight;
                }
                from += rowBytes;
            }
            for (int i = 0; i < rowBytes; i++) {
                target[y * rowBytes + i] = clip(sums[i] + (1 << PRECISION_BITS - 1));
            }
        });
        return target;
    }

    private static byte clip(int sum) {
        return (byte) Math.max(0, Math.min(255, sum >> PRECISION_BITS));
    }

    /**
     * The weights of one direction.
     *
     * @param starts the first source pixel that counts, for each target pixel
     * @param weights the weights of that source pixel and of the following ones, times 2^22, for each target pixel
     */
    private record Kernel(int[] starts, int[][] weights) {
        static Kernel of(int sourceSize, int targetSize) {
            double scale = (double) sourceSize / targetSize;
            double filterScale = Math.max(scale, 1);
            double inverse = 1 / filterScale;
            double support = SUPPORT * filterScale;
            int[] starts = new int[targetSize];
            int[][] weights = new int[targetSize][];
            for (int i = 0; i < targetSize; i++) {
                double center = (i + 0.5) * scale;
                int start = Math.max(0, (int) (center - support + 0.5));
                int end = Math.min(sourceSize, (int) (center + support + 0.5));
                double[] exact = new double[end - start];
                double sum = 0;
                for (int k = 0; k < exact.length; k++) {
                    exact[k] = bicubic((k + start - center + 0.5) * inverse);
                    sum += exact[k];
                }
                starts[i] = start;
                weights[i] = new int[exact.length];
                for (int k = 0; k < exact.length; k++) {
                    double weight = sum == 0 ? exact[k] : exact[k] / sum;
                    weights[i][k] = (int) (weight * (1 << PRECISION_BITS) + (weight < 0 ? -0.5 : 0.5));
                }
            }
            return new Kernel(starts, weights);
        }

        // Keys' cubic convolution with a = -0.5; the order of operations decides the last bit.
        private static double bicubic(double distance) {
            double a = -0.5;
            double x = Math.abs(distance);
            if (x < 1) {
                return ((a + 2) * x - (a + 3)) * x * x + 1;
            }
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
        }
    }
}
