package io.github.unipic.conformance;

import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.ExecutionProvider;
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
 * Measures how fast a model folder works here, and what memory it takes. One task after the other, in a process that
 * does nothing else; the peak of memory is the process's.
 *
 * @param model folder, as the exporter writes it
 * @param threads that work on one operator; absent: as many as ONNX Runtime chooses
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
     * Measures.
     *
     * @throws CancelledException when cancelled
     * @throws UniPicException when the model cannot be opened, has no graphs for a task, or the provider is not there
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
                    start, Machine.describe(Map.of()), model, provider, threads, settings, benchmark.results());
        }
    }
}
