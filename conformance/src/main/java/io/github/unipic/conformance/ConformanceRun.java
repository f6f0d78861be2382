package io.github.unipic.conformance;

import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.UniPic;
import io.github.unipic.UniPicException;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.checks.PlacementChecks;
import io.github.unipic.conformance.checks.RequestChecks;
import io.github.unipic.conformance.compare.ModelTolerances;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.compare.Tolerances;
import io.github.unipic.conformance.golden.GoldenReplay;
import io.github.unipic.conformance.meaning.MeaningChecks;
import io.github.unipic.conformance.reference.ReferenceFile;
import io.github.unipic.conformance.reference.ReferenceReplay;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ConformanceReport;
import io.github.unipic.conformance.report.Environment;
import io.github.unipic.conformance.report.Subject;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Flavor;
import io.github.unipic.export.Precision;
import io.github.unipic.export.Precisions;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * One run of the kit: checks that this machine, with this provider, computes the reference's results.
 *
 * @param source the model to test, and its reference
 * @param provider to run the graphs on
 * @param suite how much is checked
 * @param strict whether it is a failure if a graph runs on the CPU instead of the provider
 * @param judgedAs a precision whose tolerances apply to everything, for a provider that computes in less precision than
 *     the model's; empty for the model's own
 * @param labels for the report: at most 32, of at most 256 characters each
 * @param cancellation stops the run
 * @param listener is notified of the progress
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
    private static final String EMBEDDED = "the built-in small checkpoint";
    private static final Source.Embedded STANDARD = new Source.Embedded(Precision.FP32);
    private static final int MOST_LABELS = 32;
    private static final int LONGEST_LABEL = 256;
    private static final int AT_ONCE = 10;
    private static final int AT_ONCE_IN_SMOKE = 3;

    /**
     * Checks the precision, and checks and sorts the labels.
     *
     * @param source the model to test, and its reference
     * @param provider to run the graphs on
     * @param suite how much is checked
     * @param strict whether it is a failure if a graph runs on the CPU instead of the provider
     * @param judgedAs a precision with known tolerances, or empty
     * @param labels copied
     * @param cancellation stops the run
     * @param listener is notified of the progress
     * @throws InvalidRequestException when there are no tolerances for the precision, or labels are too many or too
     *     long
     */
    public ConformanceRun {
        judgedAs.ifPresent(Tolerances::of);
        labels = Collections.unmodifiableMap(new TreeMap<>(labels));
        if (labels.size() > MOST_LABELS) {
            throw new InvalidRequestException(
                    "There are " + labels.size() + " labels; give at most " + MOST_LABELS + ".");
        }
        labels.forEach((key, value) -> {
            if (key.isBlank() || key.length() + value.length() > LONGEST_LABEL) {
                throw new InvalidRequestException("The label '" + key.substring(0, Math.min(40, key.length()))
                        + "' has no name or is too long; KEY and VALUE together have at most " + LONGEST_LABEL
                        + " characters.");
            }
        });
    }

    /** Is notified of a run, on the thread that runs it. */
    public interface Listener {
        /**
         * A phase begins.
         *
         * @param phase for example {@code exporting the checkpoint}
         */
        default void onPhase(String phase) {}

        /**
         * A case of a phase with many cases has ended.
         *
         * @param done cases of the phase that have ended
         * @param total cases of the phase
         */
        default void onProgress(int done, int total) {}

        /**
         * A check was made.
         *
         * @param check its result
         */
        default void onCheck(Check check) {}

        /**
         * Gives the results so far: before each part, as a provider may crash the process, and when an error ends the
         * run.
         *
         * @param report says that the run did not finish, and does not pass
         */
        default void onInterim(ConformanceReport report) {}
    }

    /**
     * Runs all checks of the suite.
     *
     * @return the report
     * @throws ConformanceException when the reference cannot be read or is of another model
     * @throws UniPicException when the model cannot be opened, the provider is not available, or the run is cancelled
     */
    public ConformanceReport run() {
        Instant start = Instant.now();
        Results results = new Results(listener::onCheck, listener::onProgress);
        try (TemporaryFolder temporary = TemporaryFolder.create()) {
            Material material = material(temporary.path());
            Subject subject = subject(material);
            Environment machine = Machine.describe(labels);
            Consumer<Check> interim =
                    unfinished -> listener.onInterim(report(start, machine, subject, results, List.of(unfinished)));
            part(Area.GRAPH, interim, () -> replay(material, results));
            if (material.reference().isPresent()) {
                try (ReferenceFile reference =
                        ReferenceFile.open(material.reference().get())) {
                    ModelFolder model = material.model();
                    Cases cases = Cases.of(suite, OptionalLong.of(reference.seed()));
                    part(Area.GRAPH, interim, () -> compare(model, cases, reference, results));
                    part(Area.PLACEMENT, interim, () -> placement(model, cases, results, temporary.path()));
                    part(Area.CONCURRENCY, interim, () -> request(model, results));
                    if (suite == Suite.FULL) {
                        part(Area.MEANING, interim, () -> meaning(model, results, temporary.path()));
                    }
                }
            }
            return report(start, machine, subject, results, List.of());
        }
    }

    /** Gives an interim report before a part, as the process may crash in it, and again if an error ends the run. */
    private static void part(Area area, Consumer<Check> interim, Runnable work) {
        interim.accept(unfinished(area, "the process ended in this part, without an error that could be caught"));
        try {
            work.run();
        } catch (RuntimeException e) {
            interim.accept(unfinished(area, Results.reason(e)));
            throw e;
        }
    }

    private static Check unfinished(Area area, String reason) {
        return Check.didNotRun(area, "process", "process", "the run did not finish: " + reason);
    }

    /**
     * What a source provides.
     *
     * @param name of the model in the report
     * @param checkpoint that the golden files belong to
     * @param goldens golden files, possibly none
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
        EmbeddedCheckpoint.RANDOM.copyTo(temporary);
        Path checkpoint = temporary.resolve("checkpoint");
        return new Material(
                export(checkpoint, (Source.Embedded) source, temporary),
                EMBEDDED,
                checkpoint,
                GoldenReplay.files(temporary.resolve("golden")),
                Optional.of(temporary.resolve("reference.safetensors")));
    }

    private Material given(Source.Model given, Path temporary) {
        // Cheap checks come first.
        ModelFolder seen = opened(given.model());
        given.reference().ifPresent(file -> fitting(file, seen).close());
        listener.onPhase("reading the whole model, to compare its files' SHA-256");
        ModelFolder model = ModelFolder.open(given.model(), true);
        return new Material(
                model,
                model.manifest().name() + " in " + model.path(),
                model.path(),
                List.of(),
                Optional.of(given.reference().orElseGet(() -> record(model, temporary))));
    }

    /** Opens a model folder, and checks that the provider is available. */
    private ModelFolder opened(Path folder) {
        ModelFolder model = ModelFolder.open(folder, false);
        new Graphs(model, options(Optional.empty())).close();
        return model;
    }

    private ReferenceFile fitting(Path file, ModelFolder model) {
        ReferenceFile reference = ReferenceFile.open(file);
        try {
            reference.requireFits(model.manifest(), Cases.of(suite), suite);
            return reference;
        } catch (RuntimeException e) {
            reference.close();
            throw e;
        }
    }

    private ModelFolder export(Path checkpoint, Source.Embedded form, Path temporary) {
        listener.onPhase("exporting the checkpoint");
        Path model = temporary.resolve("model");
        ExportRequest request = new ExportRequest(checkpoint, model, form.precisions(), form.flavor(), false);
        Exporter.export(request, (written, total, file) -> {
            if (cancellation.isCancelled()) {
                throw new CancelledException("The run was cancelled.");
            }
        });
        return opened(model);
    }

    private Path record(ModelFolder model, Path temporary) {
        listener.onPhase("recording the reference with the CPU provider");
        Path file = temporary.resolve("reference.safetensors");
        new Recording(model.path(), suite, OptionalLong.empty(), cancellation, listener::onProgress)
                .writeTo(file, model);
        return file;
    }

    private void replay(Material material, Results results) {
        if (material.goldens().isEmpty()) {
            return;
        }
        listener.onPhase("replaying PyTorch's tensors");
        ModelTolerances tolerances = tolerances(material.model());
        try (Engine engine = Engine.open(material.model(), options(Optional.empty()))) {
            engine.run(
                    cancellation,
                    execution -> new GoldenReplay(execution, material.checkpoint(), tolerances, results)
                            .run(material.goldens()));
        }
    }

    private void compare(ModelFolder model, Cases cases, ReferenceFile reference, Results results) {
        listener.onPhase("comparing graphs, images and answers");
        try (Engine engine = Engine.open(model, options(Optional.empty()))) {
            engine.run(
                    cancellation,
                    execution -> new ReferenceReplay(execution, reference, tolerances(model), results).run(cases));
        }
    }

    private void placement(ModelFolder model, Cases cases, Results results, Path temporary) {
        listener.onPhase("checking which provider runs each node");
        new PlacementChecks(model, options(Optional.of(temporary)), strict, results, cancellation).run(cases);
    }

    private void request(ModelFolder model, Results results) {
        listener.onPhase("running requests twice, and several at once");
        results.attempt(Area.CONCURRENCY, "requests", "requests", () -> {
            try (UniPic unipic = UniPic.builder(model.path()).provider(provider).load()) {
                new RequestChecks(unipic, model.manifest().sizes().downsampling(), results, cancellation)
                        .run(suite == Suite.FULL ? AT_ONCE : AT_ONCE_IN_SMOKE);
            }
        });
    }

    /** With the trained model, in the precision and flavor of the tested one. */
    private void meaning(ModelFolder tested, Results results, Path temporary) {
        Path folder = temporary.resolve("trained");
        EmbeddedCheckpoint.TRAINED.copyTo(folder);
        ModelFolder model = export(folder.resolve("checkpoint"), form(tested), folder);
        listener.onPhase("checking what the trained model generates, describes and edits");
        results.attempt(Area.MEANING, "model", "model", () -> {
            try (UniPic unipic = UniPic.builder(model.path()).provider(provider).load()) {
                new MeaningChecks(unipic, results, cancellation).run();
            }
        });
    }

    private Source.Embedded form(ModelFolder tested) {
        if (source instanceof Source.Embedded embedded) {
            return embedded;
        }
        String precision =
                new ModelTolerances(tested.manifest(), Optional.empty()).tasks().precision();
        boolean fused = tested.manifest().graphs().values().stream()
                .anyMatch(graph -> graph.flavor().equals("fused"));
        return new Source.Embedded(
                Precisions.of(Precision.valueOf(precision.toUpperCase(Locale.ROOT))),
                fused ? Flavor.FUSED : Flavor.PORTABLE);
    }

    private RuntimeOptions options(Optional<Path> profiles) {
        return new RuntimeOptions(OptionalInt.empty(), provider, profiles, Memory.DEFAULTS);
    }

    private ModelTolerances tolerances(ModelFolder model) {
        return new ModelTolerances(model.manifest(), judgedAs);
    }

    private Subject subject(Material material) {
        String precision = tolerances(material.model()).tasks().precision();
        if (material.reference().isEmpty()) {
            return subject(material, precision, "PyTorch (golden files)", Optional.empty(), OptionalLong.empty());
        }
        try (ReferenceFile reference = fitting(material.reference().get(), material.model())) {
            return subject(
                    material,
                    precision,
                    producer(reference),
                    Optional.of(reference.digest()),
                    OptionalLong.of(reference.seed()));
        }
    }

    private String producer(ReferenceFile reference) {
        boolean own = source instanceof Source.Model given && given.reference().isEmpty();
        return reference.producer() + (own ? ", recorded in this run by the runtime under test" : "");
    }

    private Subject subject(
            Material material, String precision, String reference, Optional<String> digest, OptionalLong seed) {
        return new Subject(
                material.name(),
                material.model().digest(),
                precision,
                provider.name(),
                provider.options(),
                suite.label(),
                strict,
                reference,
                digest,
                seed);
    }

    /** @param more checks to add after those made */
    private static ConformanceReport report(
            Instant start, Environment machine, Subject subject, Results results, List<Check> more) {
        return new ConformanceReport(
                start,
                Duration.between(start, Instant.now()),
                machine,
                subject,
                Stream.concat(results.checks().stream(), more.stream()).toList(),
                results.placements(),
                results.timings(),
                results.images(),
                results.skipped());
    }
}
