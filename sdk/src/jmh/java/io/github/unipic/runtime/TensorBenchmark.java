package io.github.unipic.runtime;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Copying tensors between graphs: the caches of prompts, and results that Java reads. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class TensorBenchmark {
    private final Tensor pixels = Tensor.floats(new float[3 * 1024 * 1024], 1, 3, 1024, 1024);
    private final Tensor logits = Tensor.floats(new float[151936], 1, 151936);

    /** Two prompts, as for guidance. */
    @State(Scope.Thread)
    public static class Prompts {
        private static final int HEADS = 2;
        private static final int WIDTH = 128;

        /** Tokens of the longer prompt: of text, or with the image of an edit. */
        @Param({"32", "4200"})
        private int tokens;

        private List<Tensor> rows;

        @Setup
        public void make() {
            rows = List.of(cache(tokens), cache(tokens - 8));
        }

        private static Tensor cache(int length) {
            return Tensor.floats(new float[HEADS * length * WIDTH], 1, HEADS, length, WIDTH);
        }

        @TearDown
        public void close() {
            rows.forEach(Tensor::close);
        }
    }

    /** The keys or values of one layer. The published model has 28 layers. */
    @Benchmark
    public long stackOneLayer(Prompts prompts) {
        try (Tensor stacked = Tensor.stackPadded(prompts.rows, prompts.tokens)) {
            return stacked.dim(2);
        }
    }

    @Benchmark
    public float[] readPixels() {
        return pixels.toFloats();
    }

    @Benchmark
    public float[] readLogits() {
        return logits.toFloats();
    }

    @TearDown
    public void close() {
        pixels.close();
        logits.close();
    }
}
