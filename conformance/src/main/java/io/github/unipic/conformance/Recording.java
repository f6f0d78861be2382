package io.github.unipic.conformance;

import io.github.unipic.Cancellation;
import io.github.unipic.OutputException;
import io.github.unipic.conformance.cases.Case;
import io.github.unipic.conformance.cases.Case.Output;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.cases.Value.Recorder;
import io.github.unipic.conformance.reference.ReferenceFile;
import io.github.unipic.conformance.reference.ReferenceWriter;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/**
 * Runs the cases of a suite on the CPU provider and records their outputs as a reference.
 *
 * @param model folder to run; the reference has the precision of its graphs
 * @param suite whose cases are recorded
 * @param selection of the suite's cases; a reference without some of them is for no other run
 * @param seed of the inputs, 0 to 2^32 - 1; empty for the kit's own
 * @param cancellation stops the recording
 * @param progress is notified of the number of cases done, and of all cases
 */
public record Recording(
        Path model,
        Suite suite,
        Selection selection,
        OptionalLong seed,
        Cancellation cancellation,
        BiConsumer<Integer, Integer> progress) {

    /**
     * Of all cases of a suite.
     *
     * @param model folder to run; the reference has the precision of its graphs
     * @param suite whose cases are recorded
     * @param seed of the inputs, 0 to 2^32 - 1; empty for the kit's own
     * @param cancellation stops the recording
     * @param progress is notified of the number of cases done, and of all cases
     */
    public Recording(
            Path model,
            Suite suite,
            OptionalLong seed,
            Cancellation cancellation,
            BiConsumer<Integer, Integer> progress) {
        this(model, suite, Selection.ALL, seed, cancellation, progress);
    }

    /**
     * Writes the reference file.
     *
     * @param file created in an existing folder, or replaced if it is a reference file or empty
     * @throws OutputException when it cannot be written
     * @throws ConformanceException when it exists and is not a reference file, or the model computes NaN or infinity
     * @throws io.github.unipic.UniPicException when the model cannot be run, or this is cancelled
     */
    public void writeTo(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder) || Files.isDirectory(file)) {
            throw new ConformanceException("The reference cannot be written to " + file
                    + ": that is a folder, or its folder does not exist; give a file in an existing folder.");
        }
        requireReplaceable(file);
        writeTo(file, ModelFolder.open(model, true));
    }

    /** A file that is not a reference is somebody's, unless it is empty. */
    private static void requireReplaceable(Path file) {
        try {
            if (Files.exists(file) && Files.size(file) > 0) {
                ReferenceFile.requireReference(file);
            }
        } catch (ConformanceException e) {
            throw new ConformanceException(
                    file + " exists and is not a reference file, so it is not replaced; give another file.", e);
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    private static OutputException unwritable(Path file, IOException e) {
        return new OutputException(
                "The reference cannot be written to " + file, e, "make room there or give another file");
    }

    /** @param folder the opened model, whose files were checked */
    void writeTo(Path file, ModelFolder folder) {
        try (Engine engine = Engine.open(folder, RuntimeOptions.DEFAULTS)) {
            writeTo(file, engine);
        }
    }

    /** @param engine of the model, on the CPU provider */
    void writeTo(Path file, Engine engine) {
        Cases cases = Cases.of(suite, seed);
        try (ReferenceWriter writer = new ReferenceWriter(file)) {
            engine.run(cancellation, execution -> record(cases, execution, writer));
            writer.finish(metadata(engine.manifest(), cases));
        } catch (UncheckedIOException e) {
            throw unwritable(file, e.getCause());
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    private void record(Cases cases, Execution execution, ReferenceWriter writer) {
        Recorder finite = finite(writer);
        int done = 0;
        List<Case> matching = cases.all().stream()
                .filter(one -> selection.includes(one.address()))
                .toList();
        // A reference has at least one tensor, also where only other areas' cases were selected.
        List<Case> selected = matching.isEmpty() ? cases.all().subList(0, 1) : matching;
        for (Case one : selected) {
            if (one.missing(execution.engine().folder()).isEmpty()) {
                one.run().on(execution, output -> record(one, output, finite));
            }
            progress.accept(++done, selected.size());
        }
    }

    private static void record(Case one, Output output, Recorder recorder) {
        try {
            output.value().record(one.prefix(), output.name(), recorder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Refuses NaN and infinity, with which nothing can be compared. */
    private static Recorder finite(ReferenceWriter writer) {
        return new Recorder() {
            @Override
            public void floats(String key, float[] values, long... shape) throws IOException {
                for (float value : values) {
                    if (!Float.isFinite(value)) {
                        throw new ConformanceException("The model computes " + value + " in " + key
                                + ", so it cannot be a reference; record its float32 export, or export it again.");
                    }
                }
                writer.floats(key, values, shape);
            }

            @Override
            public void longs(String key, long[] values, long... shape) throws IOException {
                writer.longs(key, values, shape);
            }
        };
    }

    private Map<String, String> metadata(Manifest manifest, Cases cases) {
        TreeSet<String> precisions = new TreeSet<>();
        manifest.graphs().values().forEach(graph -> precisions.add(graph.precision()));
        return Map.of(
                "format",
                ReferenceFile.FORMAT,
                "format_version",
                ReferenceFile.FORMAT_VERSION,
                "cases_sha256",
                cases.sha256(),
                "seed",
                Long.toString(cases.seed()),
                "suite",
                suite.label(),
                "producer",
                "ONNX Runtime " + OnnxRuntime.info().version() + ", CPU provider",
                "dtype",
                String.join("+", precisions),
                "sizes",
                ReferenceFile.json(manifest.sizes()),
                "max_beta",
                Double.toString(manifest.diffusion().maxBeta()));
    }
}
