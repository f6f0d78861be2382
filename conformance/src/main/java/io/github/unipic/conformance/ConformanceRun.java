package io.github.unipic.conformance;

import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.UniPic;
import io.github.unipic.UniPicException;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.checks.Findings;
import io.github.unipic.conformance.checks.PlacementChecks;
import io.github.unipic.conformance.checks.RequestChecks;
import io.github.unipic.conformance.checks.StageChecks;
import io.github.unipic.conformance.checks.TaskChecks;
import io.github.unipic.conformance.compare.ModelTolerances;
import io.github.unipic.conformance.compare.Tolerances;
import io.github.unipic.conformance.golden.GoldenReplay;
import io.github.unipic.conformance.reference.ReferenceFile;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ConformanceReport;
import io.github.unipic.conformance.report.Subject;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Precision;
import io.github.unipic.export.Precisions;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.text.PromptTokenizer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * One run of the kit: does this machine, with this provider, compute what the reference says?
 *
 * @param source what is tested, and the truth about it
 * @param provider that the graphs run on
 * @param suite how much is checked
 * @param strict whether computing on the CPU instead of the provider is a failure
 * @param judgedAs the precision whose tolerances apply to everything, for a provider that computes in less than the
 *     model has; empty for the model's own
 * @param labels that the report carries, sorted by name; at most 32, of at most 64 characters and values of at most 256
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
    private static final String EMBEDDED = "the small checkpoint that comes with the kit";
    private static final Source.Embedded STANDARD = new Source.Embedded(Precision.FP32);
    private static final int MOST_LABELS = 32;
    private static final int LONGEST_LABEL = 64;
    private static final int LONGEST_VALUE = 256;
    private static final int AT_ONCE = 10;
    private static final int AT_ONCE_IN_SMOKE = 3;

    /**
     * Checks the precision and the labels, and copies these.
     *
     * @throws InvalidRequestException when there are no tolerances for that precision, or the labels are too many or
     *     too long
     */
    public ConformanceRun {
        judgedAs.ifPresent(Tolerances::of);
        labels = Collections.unmodifiableMap(new TreeMap<>(labels));
        requireFewAndShort(labels);
    }

    private static void requireFewAndShort(Map<String, String> labels) {
        if (labels.size() > MOST_LABELS) {
            throw new InvalidRequestException(
                    "There are " + labels.size() + " labels; give at most " + MOST_LABELS + ".");
        }
        labels.forEach((name, value) -> {
            if (name.isBlank() || name.length() > LONGEST_LABEL || value.length() > LONGEST_VALUE) {
                throw new InvalidRequestException("The label '"
                        + name.substring(0, Math.min(name.length(), LONGEST_LABEL)) + "' has a name of "
                        + name.length() + " characters and a value of " + value.length() + "; give 1 to "
                        + LONGEST_LABEL + " and at most " + LONGEST_VALUE + ".");
            }
        });
    }

    /** Hears of a run. Called on the thread that runs it. */
    public interface Listener {
        /** What is done from now on, for example {@code exporting the checkpoint}. */
        default void onPhase(String phase) {}

        /** So many cases of a phase that has many are done. */
        default void onProgress(int done, int total) {}

        /** A check was made. */
        default void onCheck(Check check) {}

        /**
         * What was found before something that may end the process: a provider that has many sessions, or many threads
         * in one, may not fail but crash. The report says that it is not complete, and does not pass.
         */
        default void onInterim(ConformanceReport report) {}
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
            Material material = material(temporary.path());
            replay(material, findings);
            if (material.reference().isEmpty()) {
                return report(start, material, "PyTorch (golden files)", findings);
            }
            try (ReferenceFile reference =
                    ReferenceFile.open(material.reference().get())) {
                Cases cases = Cases.of(suite).withSeed(reference.seed());
                reference.requireFits(material.model().manifest(), cases);
                compare(material.model(), cases, reference, findings);
                interim(report(start, material, producer(reference), findings), Area.PLACEMENT);
                place(material.model(), cases, findings, temporary.path());
                interim(report(start, material, producer(reference), findings), Area.CONCURRENCY);
                request(material.model(), findings);
                return report(start, material, producer(reference), findings);
            }
        }
    }

    /**
     * What a source comes to.
     *
     * @param name of the model in the report
     * @param checkpoint that the golden files belong to
     * @param goldens may be none
     */
    private record Material(
            ModelFolder model, String name, Path checkpoint, List<Path> goldens, Optional<Path> reference) {}

    private Material material(Path temporary) {
        if (source instanceof Source.Model given) {
            return given(given, temporary);
        }
        if (source instanceof Source.Goldens goldens) {
            List<Path> files = GoldenReplay.files(goldens.golden());
            ModelFolder model = export(goldens.checkpoint(), STANDARD, temporary);
            return new Material(model, goldens.checkpoint().toString(), goldens.checkpoint(), files, Optional.empty());
        }
        EmbeddedCheckpoint.copyTo(temporary);
        Path checkpoint = temporary.resolve("checkpoint");
        boolean whole = source instanceof Source.Embedded;
        Source.Embedded form = source instanceof Source.Embedded embedded ? embedded : STANDARD;
        return new Material(
                export(checkpoint, form, temporary),
                EMBEDDED,
                checkpoint,
                GoldenReplay.files(temporary.resolve("golden")),
                whole ? Optional.of(temporary.resolve("reference.safetensors")) : Optional.empty());
    }

    private Material given(Source.Model given, Path temporary) {
        ModelFolder.open(given.model(), false);
        listener.onPhase("reading the whole model, to compare its files' SHA-256");
        ModelFolder model = ModelFolder.open(given.model(), true);
        Path reference = given.reference().orElseGet(() -> record(given.model(), temporary));
        return new Material(
                model,
                model.manifest().name() + " in " + model.path(),
                model.path(),
                List.of(),
                Optional.of(reference));
    }

    private ModelFolder export(Path checkpoint, Source.Embedded form, Path temporary) {
        listener.onPhase("exporting the checkpoint");
        Path model = temporary.resolve("model");
        ExportRequest request =
                new ExportRequest(checkpoint, model, Precisions.of(form.precision()), form.flavor(), false);
        Exporter.export(request, (written, total, file) -> {
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

    /** Who computed the reference; one that the run made itself proves only that results repeat. */
    private String producer(ReferenceFile reference) {
        boolean own = source instanceof Source.Model given && given.reference().isEmpty();
        return reference.producer() + (own ? ", recorded in this run by the runtime under test" : "");
    }

    private void replay(Material material, Findings findings) {
        if (material.goldens().isEmpty()) {
            return;
        }
        listener.onPhase("replaying PyTorch's tensors");
        try (Graphs graphs = new Graphs(material.model(), options(Optional.empty()));
                PromptTokenizer tokenizer =
                        PromptTokenizer.load(material.model().tokenizer())) {
            Tolerances tolerances = tolerances(material.model()).tasks();
            new GoldenReplay(graphs, tokenizer, material.checkpoint(), tolerances, findings, cancellation)
                    .run(material.goldens());
        }
    }

    private void compare(ModelFolder model, Cases cases, ReferenceFile reference, Findings findings) {
        listener.onPhase("comparing graphs, pictures and answers");
        findings.expect(cases.count());
        ModelTolerances tolerances = tolerances(model);
        try (Graphs graphs = new Graphs(model, options(Optional.empty()));
                PromptTokenizer tokenizer = PromptTokenizer.load(model.tokenizer())) {
            new StageChecks(graphs, cases.seed(), reference, tolerances, findings, cancellation).run(cases);
            new TaskChecks(graphs, tokenizer, cases.seed(), reference, tolerances.tasks(), findings, cancellation)
                    .run(cases);
        }
    }

    private void place(ModelFolder model, Cases cases, Findings findings, Path temporary) {
        listener.onPhase("looking which provider runs what");
        new PlacementChecks(model, options(Optional.of(temporary)), strict, findings, cancellation).run(cases);
    }

    private void request(ModelFolder model, Findings findings) {
        listener.onPhase("making requests twice, and at once");
        try (UniPic unipic = UniPic.builder(model.path()).provider(provider).load()) {
            new RequestChecks(unipic, model.manifest().sizes().downsampling(), findings, cancellation)
                    .run(suite == Suite.FULL ? AT_ONCE : AT_ONCE_IN_SMOKE);
        }
    }

    private RuntimeOptions options(Optional<Path> profiles) {
        return new RuntimeOptions(OptionalInt.empty(), provider, profiles, true);
    }

    private ModelTolerances tolerances(ModelFolder model) {
        return new ModelTolerances(model.manifest(), judgedAs);
    }

    private ConformanceReport report(Instant start, Material material, String reference, Findings findings) {
        Subject subject = new Subject(
                material.name(),
                material.model().digest(),
                tolerances(material.model()).tasks().precision(),
                provider.name(),
                provider.options(),
                suite.label(),
                strict,
                reference);
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

    /** Tells what was found so far, and a check that fails, which is gone from the report of a whole run. */
    private void interim(ConformanceReport report, Area next) {
        List<Check> checks = new ArrayList<>(report.checks());
        checks.add(new Check(
                next,
                "process",
                "process",
                "run",
                "completed",
                Double.NaN,
                0,
                Optional.empty(),
                Optional.of("the process ended in this part, without an error that could be caught")));
        listener.onInterim(new ConformanceReport(
                report.started(),
                report.elapsed(),
                report.environment(),
                report.subject(),
                checks,
                report.placements(),
                report.timings(),
                report.pictures(),
                report.skipped()));
    }
}
