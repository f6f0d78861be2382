package io.github.unipic.conformance.bench;

import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.conformance.BenchmarkSettings;
import io.github.unipic.conformance.BenchmarkSettings.Task;
import io.github.unipic.runtime.RuntimeOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** One loaded model, and the measurements of it so far. Not thread-safe. */
public final class Benchmark implements AutoCloseable {
    /**
     * The measurements; empty for tasks that were not requested.
     *
     * @param memory at the end; the peak is that of the whole process
     */
    public record Measured(
            String name,
            String precision,
            MemoryBandwidth bandwidth,
            Results.Load load,
            List<Results.Preview> previews,
            List<Results.Image> images,
            List<Results.Answer> answers,
            List<Results.Text> texts,
            ProcessMemory memory) {}

    private final BenchmarkSettings settings;
    private final Consumer<String> progress;
    private final MemoryBandwidth bandwidth;
    private final LoadedModel model;
    private final ImageBench drawing;
    private final Cancellation cancellation;
    private final List<Results.Preview> previews = new ArrayList<>();
    private final List<Results.Image> images = new ArrayList<>();
    private final List<Results.Answer> answers = new ArrayList<>();
    private final List<Results.Text> texts = new ArrayList<>();

    /**
     * Loads the model.
     *
     * @throws CancelledException when cancelled
     */
    public Benchmark(
            Path path,
            RuntimeOptions options,
            BenchmarkSettings settings,
            Cancellation cancellation,
            Consumer<String> progress) {
        if (cancellation.isCancelled()) {
            throw new CancelledException("The benchmark was cancelled.");
        }
        this.settings = settings;
        this.progress = progress;
        progress.accept("memory bandwidth");
        bandwidth =
                MemoryBandwidth.of(options.threads().orElse(Runtime.getRuntime().availableProcessors()));
        // Measured before loading, so that its arrays do not count as the model's memory.
        System.gc();
        progress.accept("loading " + path);
        model = new LoadedModel(path, options);
        drawing = new ImageBench(model, settings, cancellation);
        this.cancellation = cancellation;
    }

    /** Measures one task, at each size or context. */
    public void measure(Task task) {
        switch (task) {
            case PREVIEW ->
                settings.sizes().forEach(size -> {
                    progress.accept("first preview, " + size + " px");
                    previews.add(drawing.preview(size));
                });
            case T2I ->
                settings.sizes().forEach(size -> {
                    progress.accept("text to image, " + size + " px");
                    images.add(drawing.whole(size));
                });
            case DESCRIBE -> {
                progress.accept("an answer about a photo");
                text(bench -> answers.add(bench.answer()));
            }
            case TEXT ->
                settings.contexts().forEach(context -> {
                    progress.accept("text after " + context + " tokens");
                    text(bench -> texts.add(bench.text(context, bandwidth)));
                });
        }
    }

    private void text(Consumer<TextBench> work) {
        model.engine().run(cancellation, execution -> work.accept(new TextBench(model, settings, execution)));
    }

    public Measured results() {
        return new Measured(
                model.manifest().name(),
                model.precision(),
                bandwidth,
                model.load(),
                List.copyOf(previews),
                List.copyOf(images),
                List.copyOf(answers),
                List.copyOf(texts),
                ProcessMemory.now());
    }

    @Override
    public void close() {
        model.close();
    }
}
