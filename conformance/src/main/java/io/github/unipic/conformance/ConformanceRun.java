package io.github.unipic.conformance;

import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.UniPic;
import io.github.unipic.UniPicException;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.checks.Findings;
import io.github.unipic.conformance.checks.PlacementChecks;
import io.github.unipic.conformance.checks.RequestChecks;
import io.github.unipic.conformance.checks.StageChecks;
import io.github.unipic.conformance.checks.TaskChecks;
import io.github.unipic.conformance.compare.ModelTolerances;
import io.github.unipic.conformance.golden.GoldenReplay;
import io.github.unipic.conformance.reference.ReferenceFile;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ConformanceReport;
import io.github.unipic.conformance.report.Subject;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Precision;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.text.PromptTokenizer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * One run of the kit: does this machine, with this provider, compute what the reference says?
 *
 * @param source what is tested, and the truth about it
 * @param provider that the graphs run on
 * @param suite how much is checked
 * @param strict whether computing on the CPU instead of the provider is a failure
 * @param judgedAs the precision whose tolerances apply to everything, for a provider that computes in less than the
 *     model has; empty for the model's own
 * @param labels that the report carries
 * @param cancellation stops the run
 * @param listener hears how far it is
 */
public record ConformanceRun(
        Source source,
        ExecutionProvider provider,
        Suite suite,
        boolean strict,
        Optional<String> judgedAs,
        Map<String, String> labels,
        Cancellation cancellation,
        Listener listener) {
    private static final int AT_ONCE = 10;
    private static final int AT_ONCE_IN_SMOKE = 3;

    /** Hears of a run. Called on the thread that runs it. */
    public interface Listener {
        /** What is done from now on, for example {@code exporting the checkpoint}. */
        default void onPhase(String phase) {}

        /** So many cases of a phase that has many are done. */
        default void onProgress(int done, int total) {}

        /** A check was made. */
        default void onCheck(Check check) {}
    }

    /**
     * Runs.
     *
     * @throws ConformanceException when the reference cannot be read or is of another model
     * @throws UniPicException when the model cannot be opened, the provider is not there, or the run is cancelled
     */
    public ConformanceReport run() {
        Instant start = Instant.now();
        Findings findings = new Findings(listener::onCheck, listener::onProgress);
        try (TemporaryFolder temporary = TemporaryFolder.create()) {
            Subject subject = run(findings, temporary.path());
            return new ConformanceReport(
                    start,
                    Duration.between(start, Instant.now()),
                    Machine.describe(labels),
                    subject,
                    findings.checks(),
                    findings.placements(),
                    findings.timings(),
                    findings.pictures(),
                    findings.skipped());
        }
    }

    private Subject run(Findings findings, Path temporary) {
        if (source instanceof Source.Embedded embedded) {
            EmbeddedCheckpoint.copyTo(temporary);
            Path checkpoint = temporary.resolve("checkpoint");
            ModelFolder model = export(checkpoint, embedded.precision(), temporary);
            replay(model, checkpoint, GoldenReplay.files(temporary.resolve("golden")), findings);
            try (ReferenceFile reference = ReferenceFile.open(temporary.resolve("reference.safetensors"))) {
                check(model, reference, findings, temporary);
                return subject(model, reference.producer());
            }
        }
        if (source instanceof Source.EmbeddedGoldens) {
            EmbeddedCheckpoint.copyTo(temporary);
            return replay(temporary.resolve("checkpoint"), temporary.resolve("golden"), findings, temporary);
        }
        if (source instanceof Source.Goldens goldens) {
            return replay(goldens.checkpoint(), goldens.golden(), findings, temporary);
        }
        Source.Model given = (Source.Model) source;
        listener.onPhase("checking the model's files");
        ModelFolder model = ModelFolder.open(given.model(), true);
        Path file = given.reference().orElseGet(() -> record(given.model(), temporary));
        try (ReferenceFile reference = ReferenceFile.open(file)) {
            check(model, reference, findings, temporary);
            return subject(model, reference.producer());
        }
    }

    private Subject replay(Path checkpoint, Path golden, Findings findings, Path temporary) {
        List<Path> files = GoldenReplay.files(golden);
        ModelFolder model = export(checkpoint, Precision.FP32, temporary);
        replay(model, checkpoint, files, findings);
        return subject(model, "PyTorch (golden files)");
    }

    private ModelFolder export(Path checkpoint, Precision precision, Path temporary) {
        listener.onPhase("exporting the checkpoint");
        Path model = temporary.resolve("model");
        Exporter.export(new ExportRequest(checkpoint, model, precision, false), (written, total, file) -> {
            if (cancellation.isCancelled()) {
                throw new CancelledException("The run was cancelled.");
            }
        });
        return ModelFolder.open(model, false);
    }

    private Path record(Path model, Path temporary) {
        listener.onPhase("recording the reference with the CPU provider");
        Path file = temporary.resolve("reference.safetensors");
        new Recording(model, suite, OptionalLong.empty(), cancellation, listener::onProgress).writeTo(file);
        return file;
    }

    private void replay(ModelFolder model, Path checkpoint, List<Path> files, Findings findings) {
        listener.onPhase("replaying PyTorch's tensors");
        try (Graphs graphs = new Graphs(model, options(Optional.empty()));
                PromptTokenizer tokenizer = PromptTokenizer.load(model.tokenizer())) {
            new GoldenReplay(graphs, tokenizer, checkpoint, tolerances(model).tasks(), findings, cancellation)
                    .run(files);
        }
    }

    private void check(ModelFolder model, ReferenceFile reference, Findings findings, Path temporary) {
        Cases cases = Cases.of(suite).withSeed(reference.seed());
        reference.requireFits(model.manifest(), cases);
        ModelTolerances tolerances = tolerances(model);
        try (Graphs graphs = new Graphs(model, options(Optional.empty()));
                PromptTokenizer tokenizer = PromptTokenizer.load(model.tokenizer())) {
            listener.onPhase("comparing graphs, pictures and answers");
            findings.expect(cases.count());
            new StageChecks(graphs, cases.seed(), reference, tolerances, findings, cancellation).run(cases);
            new TaskChecks(graphs, tokenizer, cases.seed(), reference, tolerances.tasks(), findings, cancellation)
                    .run(cases);
        }
        listener.onPhase("making requests twice, and at once");
        try (UniPic unipic = UniPic.builder(model.path()).provider(provider).load()) {
            new RequestChecks(unipic, model.manifest().sizes().downsampling(), findings, cancellation)
                    .run(suite == Suite.FULL ? AT_ONCE : AT_ONCE_IN_SMOKE);
        }
        listener.onPhase("looking which provider runs what");
        new PlacementChecks(model, options(Optional.of(temporary)), strict, findings, cancellation).run(cases);
    }

    private RuntimeOptions options(Optional<Path> profiles) {
        return new RuntimeOptions(OptionalInt.empty(), provider, profiles, true);
    }

    private ModelTolerances tolerances(ModelFolder model) {
        return new ModelTolerances(model.manifest(), judgedAs);
    }

    private Subject subject(ModelFolder model, String reference) {
        return new Subject(
                model.manifest().name() + " in " + model.path(),
                model.digest(),
                tolerances(model).tasks().precision(),
                provider.name(),
                provider.options(),
                suite.label(),
                strict,
                reference);
    }
}
