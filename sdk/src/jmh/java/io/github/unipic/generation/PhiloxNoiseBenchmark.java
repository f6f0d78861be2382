package io.github.unipic.generation;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The noise of one image token at one diffusion step: 25 steps of an image need 6656 (256 px) or 106496 (1024 px). */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PhiloxNoiseBenchmark {
    private final PhiloxNoise noise = new PhiloxNoise(1);
    private final float[] channels = new float[16];
    private int position;

    @Benchmark
    public float[] token() {
        noise.fill(position++, 3, channels);
        return channels;
    }
}
