package io.github.unipic.conformance;

import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.UniPic;
import io.github.unipic.UniPicException;
import io.github.unipic.conformance.BenchmarkSettings.Task;
import io.github.unipic.conformance.bench.Benchmark;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Measures the speed of a model folder on this machine, and the memory that it takes. Tasks run one after the other.
 * The process should do nothing else, as the peak of memory is that of the whole process.
 *
 * @param model folder, as written by the exporter
 * @param provider to run the graphs on
 * @param threads that work on one operator; absent: as many as ONNX Runtime chooses
 * @param settings what to measure
 * @param cancellation stops the run
 * @param progress is notified of what is measured next, for example {@code text to image, 256 px}
 */
public record BenchmarkRun(
        Path model,
        ExecutionProvider provider,
        OptionalInt threads,
        BenchmarkSettings settings,
        Cancellation cancellation,
        Consumer<String> progress) {

    /**
     * Measures every task of the settings.
     *
     * @return the figures
     * @throws CancelledException when cancelled
     * @throws UniPicException when the model cannot be opened, has no graphs for a task, or the provider is not
     *     available
     */
    public BenchmarkReport run() {
        Instant start = Instant.now();
        RuntimeOptions options = new RuntimeOptions(
                threads,
                provider,
                Optional.empty(),
                new Memory(settings.keepLoaded(), settings.prepack(), settings.mapped(), settings.tileAbove()));
        try (Benchmark benchmark = new Benchmark(model, options, settings, cancellation, progress)) {
            for (Task task : Task.values()) {
                if (settings.tasks().contains(task)) {
                    benchmark.measure(task);
                }
            }
            return new BenchmarkReport(
                    start,
                    Machine.look().describe(Map.of(), Optional.of(UniPic.runtime())),
                    model,
                    provider,
                    threads,
                    settings,
                    benchmark.results());
        }
    }
}
