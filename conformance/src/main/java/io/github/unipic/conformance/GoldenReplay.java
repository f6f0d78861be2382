package io.github.unipic.conformance;

import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.UniPicException;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Precision;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.text.PromptTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Replays PyTorch's tensors on the exported graphs: exports a checkpoint (portable) to a temporary folder, feeds it the
 * inputs of every golden file whose name it knows, and compares the outputs.
 *
 * @param precision of the export; it decides the limits, see {@link Tolerance}
 * @param cancellation stops the replay
 * @param onResult told each comparison as soon as it is made
 */
public record GoldenReplay(Precision precision, Cancellation cancellation, Consumer<Comparison> onResult) {
    private static final String ENDING = ".safetensors";

    /**
     * Exports a checkpoint and replays its golden files.
     *
     * @param checkpoint folder in the published layout, of any sizes
     * @param golden folder of {@code *.safetensors}, named and keyed as docs/conformance.md says
     * @throws ConformanceException when the golden files cannot be read or are of another model
     * @throws UniPicException when the checkpoint cannot be exported or run, or the replay is cancelled
     */
    public ConformanceReport run(Path checkpoint, Path golden) {
        List<Path> files = goldenFiles(golden);
        try (TemporaryFolder temporary = TemporaryFolder.create()) {
            Path model = temporary.path().resolve("model");
            Exporter.export(new ExportRequest(checkpoint, model, precision, false), this::stopWhenCancelled);
            return replay(ModelFolder.open(model, false), checkpoint, files);
        }
    }

    /** As {@link #run}, with the small checkpoint and the golden files that come with the project. */
    public ConformanceReport runEmbedded() {
        try (TemporaryFolder temporary = TemporaryFolder.create()) {
            EmbeddedCheckpoint.copyTo(temporary.path());
            return run(temporary.path().resolve("checkpoint"), temporary.path().resolve("golden"));
        }
    }

    private void stopWhenCancelled(long written, long total, String file) {
        if (cancellation.isCancelled()) {
            throw new CancelledException("The replay was cancelled.");
        }
    }

    private ConformanceReport replay(ModelFolder model, Path checkpoint, List<Path> files) {
        Tolerance tolerance = Tolerance.of(precision);
        List<Comparison> comparisons = new ArrayList<>();
        List<String> skipped = new ArrayList<>();
        try (Graphs graphs = new Graphs(model, RuntimeOptions.DEFAULTS);
                PromptTokenizer tokenizer = PromptTokenizer.load(model.tokenizer())) {
            StageReplay stages = new StageReplay(graphs, checkpoint, tolerance.stage(), cancellation);
            TaskReplay tasks = new TaskReplay(graphs, tokenizer, tolerance.loop(), cancellation);
            for (Path file : files) {
                Comparer comparer = new Comparer(GoldenFile.read(file), onResult);
                String name = comparer.golden().name();
                if (name.startsWith("t2i_")) {
                    tasks.textToImage(comparer);
                } else if (name.startsWith("edit_")) {
                    tasks.edit(comparer);
                } else if (name.startsWith("understand_")) {
                    tasks.understand(comparer);
                } else {
                    stages.replay(comparer);
                }
                comparisons.addAll(comparer.results());
                if (comparer.results().isEmpty()) {
                    skipped.add(name);
                }
            }
        }
        return new ConformanceReport(List.copyOf(comparisons), List.copyOf(skipped));
    }

    private static List<Path> goldenFiles(Path golden) {
        if (!Files.isDirectory(golden)) {
            throw new ConformanceException(
                    "There is no folder " + golden + "; --golden names one with .safetensors files.");
        }
        try (Stream<Path> files = Files.list(golden)) {
            List<Path> found = files.filter(file -> file.toString().endsWith(ENDING))
                    .sorted()
                    .toList();
            if (found.isEmpty()) {
                throw new ConformanceException(
                        golden + " holds no .safetensors files, so there is nothing to compare.");
            }
            return found;
        } catch (IOException e) {
            throw new ConformanceException(golden + " cannot be listed: " + e.getMessage() + ".", e);
        }
    }
}
