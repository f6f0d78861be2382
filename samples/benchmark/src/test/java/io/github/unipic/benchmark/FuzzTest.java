package io.github.unipic.benchmark;

import io.github.unipic.fuzz.FuzzRegression;
import io.github.unipic.fuzz.FuzzTarget;
import java.util.List;

/** The prompt files of benchmarks. */
public class FuzzTest extends FuzzRegression {
    @Override
    protected List<FuzzTarget> targets() {
        return List.of(
                new BenchmarkFuzz(Benchmark.GENEVAL),
                new BenchmarkFuzz(Benchmark.GEDIT),
                new BenchmarkFuzz(Benchmark.IMGEDIT));
    }
}
