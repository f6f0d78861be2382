package io.github.unipic.image;

import io.github.unipic.Image;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Resizing images, and converting them to a graph's input and back. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class ResamplingBenchmark {
    private final Image photo = noise(4000, 3000);
    private final Image image = noise(1024, 1024);
    private final float[] pixels = Pixels.fromImage(image);

    private static Image noise(int width, int height) {
        byte[] rgb = new byte[3 * width * height];
        new Random(1).nextBytes(rgb);
        return Image.ofRgb(width, height, rgb);
    }

    /** 12 megapixels to the input size of SigLIP2. */
    @Benchmark
    public Image shrink() {
        return Resampling.resize(photo, 512, 512);
    }

    @Benchmark
    public Image enlarge() {
        return Resampling.resize(image, 2048, 2048);
    }

    @Benchmark
    public float[] toFloats() {
        return Pixels.fromImage(image);
    }

    @Benchmark
    public Image fromFloats() {
        return Pixels.toImage(pixels, 1024, 1024);
    }
}
