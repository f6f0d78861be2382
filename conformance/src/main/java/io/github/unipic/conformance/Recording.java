package io.github.unipic.conformance;

import io.github.unipic.Cancellation;
import io.github.unipic.OutputException;
import io.github.unipic.conformance.cases.AnswerCase;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.cases.LoopCase;
import io.github.unipic.conformance.cases.StageCase;
import io.github.unipic.conformance.cases.StageRunner;
import io.github.unipic.conformance.cases.TaskRunner;
import io.github.unipic.conformance.cases.TaskRunner.Answered;
import io.github.unipic.conformance.cases.TaskRunner.Drawn;
import io.github.unipic.conformance.compare.Floats;
import io.github.unipic.conformance.reference.ReferenceFile;
import io.github.unipic.conformance.reference.ReferenceWriter;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/**
 * Runs the cases of a suite on the CPU provider and keeps what they give.
 *
 * @param model folder to be run; its graphs' own precision is what the reference has
 * @param suite whose cases are recorded
 * @param seed of the inputs, 0 to 2^32 - 1; empty for the kit's own
 * @param cancellation stops it
 * @param progress told the number of cases done and of all
 */
public record Recording(
        Path model, Suite suite, OptionalLong seed, Cancellation cancellation, BiConsumer<Integer, Integer> progress) {

    /**
     * Writes the reference file, in place of an earlier one.
     *
     * @throws OutputException when it cannot be written
     * @throws ConformanceException when another file is there, or the model gives what is no number
     * @throws io.github.unipic.UniPicException when the model cannot be run, or this is cancelled
     */
    public void writeTo(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder) || Files.isDirectory(file)) {
            throw new ConformanceException("The reference cannot be written to " + file
                    + ": that is a folder, or its folder does not exist; name a file in a folder that is there.");
        }
        requireReplaceable(file);
        writeTo(file, ModelFolder.open(model, true));
    }

    /** Somebody else's file may have the name; an empty one is of no use to anyone. */
    private static void requireReplaceable(Path file) {
        try {
            if (Files.exists(file) && Files.size(file) > 0) {
                ReferenceFile.requireReference(file);
            }
        } catch (ConformanceException e) {
            throw new ConformanceException(
                    file + " is there and is no reference file, so it is not replaced; name another file.", e);
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    private static OutputException unwritable(Path file, IOException e) {
        return new OutputException(
                "The reference cannot be written to " + file, e, "make room there or name another file");
    }

    /** @param folder the model, opened, its files found to be whole */
    void writeTo(Path file, ModelFolder folder) {
        Cases standard = Cases.of(suite);
        Cases cases = standard.withSeed(seed.orElse(standard.seed()));
        try (ReferenceWriter writer = new ReferenceWriter(file);
                Engine engine = Engine.open(folder, RuntimeOptions.DEFAULTS)) {
            engine.run(cancellation, execution -> {
                try {
                    record(cases, execution, writer);
                } catch (IOException e) {
                    throw unwritable(file, e);
                }
            });
            writer.finish(metadata(folder.manifest(), cases));
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    private void record(Cases cases, Execution execution, ReferenceWriter writer) throws IOException {
        int all = cases.count();
        int done = 0;
        StageRunner stages = new StageRunner(execution.engine().graphs(), cases.seed(), cancellation);
        for (StageCase stage : cases.stages()) {
            if (stages.has(stage)) {
                record(stages, stage, writer);
            }
            progress.accept(++done, all);
        }
        TaskRunner tasks = new TaskRunner(execution, cases.seed());
        for (LoopCase drawing : cases.loops()) {
            if (tasks.has(drawing)) {
                record(tasks, drawing, writer);
            }
            progress.accept(++done, all);
        }
        for (AnswerCase question : cases.answers()) {
            if (tasks.has(question)) {
                record(tasks, question, writer);
            }
            progress.accept(++done, all);
        }
    }

    private static void record(StageRunner stages, StageCase stage, ReferenceWriter writer) throws IOException {
        try (StageRunner.Run run = stages.prepare(stage)) {
            for (StageRunner.Output output : run.outputs()) {
                if (output.must().isEmpty()) {
                    write(writer, stage.referenceKey(output.name()), output.tensor());
                }
            }
        }
    }

    private static void record(TaskRunner tasks, LoopCase drawing, ReferenceWriter writer) throws IOException {
        Drawn drawn = tasks.draw(drawing);
        write(writer, drawing.referenceKey("latents"), drawn.latents());
        write(writer, drawing.referenceKey("pixels"), drawn.pixels());
    }

    private static void record(TaskRunner tasks, AnswerCase question, ReferenceWriter writer) throws IOException {
        Answered answered = tasks.answer(question);
        writer.longs(question.referenceKey("ids"), answered.ids(), answered.ids().length);
        float[] margins = answered.margins();
        write(writer, question.referenceKey("margins"), new Floats(margins, margins.length));
    }

    /** Nothing could be compared with what is no number. */
    private static void write(ReferenceWriter writer, String key, Floats tensor) throws IOException {
        for (float value : tensor.values()) {
            if (!Float.isFinite(value)) {
                throw new ConformanceException("The model gives " + value + " in " + key
                        + ", so it cannot be a reference; record its float32 export, or mend it.");
            }
        }
        writer.floats(key, tensor.values(), tensor.shape());
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
