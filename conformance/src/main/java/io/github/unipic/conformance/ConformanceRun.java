package io.github.unipic.conformance;

import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.UniPicException;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.checks.Job;
import io.github.unipic.conformance.checks.Part;
import io.github.unipic.conformance.compare.Event;
import io.github.unipic.conformance.compare.Event.CaseEnded;
import io.github.unipic.conformance.compare.Event.Checked;
import io.github.unipic.conformance.compare.Event.PartBegan;
import io.github.unipic.conformance.compare.ModelTolerances;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.compare.Tolerances;
import io.github.unipic.conformance.dump.DumpFolder;
import io.github.unipic.conformance.golden.GoldenReplay;
import io.github.unipic.conformance.meaning.MeaningChecks;
import io.github.unipic.conformance.reference.ReferenceFile;
import io.github.unipic.conformance.report.CaseName;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ConformanceReport;
import io.github.unipic.conformance.report.Environment;
import io.github.unipic.conformance.report.Processes;
import io.github.unipic.conformance.report.Subject;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Flavor;
import io.github.unipic.export.Precision;
import io.github.unipic.export.Precisions;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.provider.Providers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * One run of the kit: checks that this machine, with this provider, computes the reference's results.
 *
 * @param source the model to test, and its reference
 * @param provider to run the graphs on
 * @param suite how much is checked
 * @param selection of the suite's cases
 * @param strict whether it is a failure if a graph runs on the CPU instead of the provider
 * @param judgedAs a precision whose tolerances apply to everything, for a provider that computes in less precision than
 *     the model's; empty for the model's own
 * @param labels for the report: at most 32, of at most 256 characters each
 * @param dump folder for the tensors of cases that fail, and the graphs to run them with; an earlier dump there is
 *     replaced
 * @param isolation of the cases in child processes; empty to run them in this process, which a provider may crash
 * @param cancellation stops the run
 * @param listener is notified of the progress
 */
public record ConformanceRun(
        Source source,
        ExecutionProvider provider,
        Suite suite,
        Selection selection,
        boolean strict,
        Optional<String> judgedAs,
        Map<String, String> labels,
        Optional<Path> dump,
        Optional<Isolation> isolation,
        Cancellation cancellation,
        Listener listener) {
    private static final String CHECKPOINT = "checkpoint";
    private static final String MODEL = "model";
    private static final String EMBEDDED = "the built-in small checkpoint";
    private static final Source.Embedded STANDARD = new Source.Embedded(Precision.FP32);
    private static final int MOST_LABELS = 32;
    private static final int LONGEST_LABEL = 256;

    /**
     * Checks the precision, and checks and sorts the labels.
     *
     * @param source the model to test, and its reference
     * @param provider to run the graphs on
     * @param suite how much is checked
     * @param selection of the suite's cases
     * @param strict whether it is a failure if a graph runs on the CPU instead of the provider
     * @param judgedAs a precision with known tolerances, or empty
     * @param labels copied
     * @param dump empty for none
     * @param isolation empty for this process
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

    /**
     * A run of all cases of a suite, without a dump.
     *
     * @param source the model to test, and its reference
     * @param provider to run the graphs on
     * @param suite how much is checked
     * @param strict whether it is a failure if a graph runs on the CPU instead of the provider
     * @param judgedAs a precision with known tolerances, or empty
     * @param labels copied
     * @param isolation empty for this process
     * @param cancellation stops the run
     * @param listener is notified of the progress
     * @throws InvalidRequestException when there are no tolerances for the precision, or labels are too many or too
     *     long
     */
    public ConformanceRun(
            Source source,
            ExecutionProvider provider,
            Suite suite,
            boolean strict,
            Optional<String> judgedAs,
            Map<String, String> labels,
            Optional<Isolation> isolation,
            Cancellation cancellation,
            Listener listener) {
        this(
                source,
                provider,
                suite,
                Selection.ALL,
                strict,
                judgedAs,
                labels,
                Optional.empty(),
                isolation,
                cancellation,
                listener);
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
         * A child process has printed a line. Without isolation, providers print to this process's own streams.
         *
         * @param line harmless to print, and cut if it is long
         */
        default void onOutput(String line) {}

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
     * @throws InvalidRequestException when a selected case is unknown, or the folder for the dump has other files
     * @throws UniPicException when the model cannot be opened, the provider is not available, or the run is cancelled
     */
    public ConformanceReport run() {
        return run(Child.class);
    }

    /** @param program the main class of child processes */
    ConformanceReport run(Class<?> program) {
        Instant start = Instant.now();
        dump.ifPresent(folder -> new DumpFolder(folder).requireReplaceable());
        try (TemporaryFolder temporary = TemporaryFolder.create();
                Runner runner = runner(program, temporary.path())) {
            Material material = material(temporary.path(), runner);
            // A process starts meanwhile, and only that can choose a provider.
            ExecutionProvider computing =
                    Providers.isAutomatic(provider) ? runner.ready().provider() : provider;
            Subject subject = subject(material, computing);
            Job job = job(material, computing, temporary.path());
            List<Part> parts = job.parts();
            Machine here = Machine.look(); // which takes a moment
            Environment machine = here.describe(labels, runner.ready().runtime());
            dump.ifPresent(folder -> new DumpFolder(folder).begin(subject, machine));
            Progress progress = new Progress(
                    (results, more) -> report(start, machine, subject, results, Stream.of(more), runner.processes()));
            try {
                runner.check(job, parts, progress.results);
            } catch (RuntimeException e) {
                progress.interim(Results.reason(e));
                throw e;
            }
            complete(parts, progress.results);
            dump.ifPresent(folder -> new DumpFolder(folder).end());
            return report(start, machine, subject, progress.results, Stream.of(), runner.processes());
        }
    }

    private Runner runner(Class<?> program, Path temporary) {
        return isolation
                .<Runner>map(limits ->
                        new Children(limits, provider, suite, selection, cancellation, listener, program, temporary))
                .orElseGet(() -> new InProcess(provider, suite, selection, cancellation, listener::onProgress));
    }

    /** Adds the checks that depend on many cases, and fails the cases that an earlier failure prevented. */
    private static void complete(List<Part> parts, Results results) {
        for (Part part : parts) {
            results.left(part.cases()).forEach(name -> results.fail(name, "not run, as what it needs has failed"));
            part.conclusion().accept(results);
        }
    }

    /** Notifies the listener of what happens. */
    private final class Progress {
        private final BiFunction<Results, Check, ConformanceReport> unfinished;
        private final Results results = new Results(this::on, List.of());
        private Optional<PartBegan> current = Optional.empty();

        /** @param unfinished makes a report of the results so far and one more check */
        Progress(BiFunction<Results, Check, ConformanceReport> unfinished) {
            this.unfinished = unfinished;
        }

        private void on(Event event) {
            if (event instanceof PartBegan part) {
                listener.onPhase(part.phase());
                current = Optional.of(part);
                interim("the process ended in this part, without an error that could be caught");
            } else if (event instanceof CaseEnded) {
                current.ifPresent(part -> {
                    int all = part.cases().size();
                    listener.onProgress(all - results.left(part.cases()).size(), all);
                });
            } else if (event instanceof Checked checked) {
                listener.onCheck(checked.check());
            }
        }

        /** Gives a report that says that the run did not finish: before each part, as this process may end in it. */
        void interim(String reason) {
            current.ifPresent(part -> {
                CaseName process = new CaseName(part.name().area(), "process", "process");
                listener.onInterim(
                        unfinished.apply(results, Check.didNotRun(process, "the run did not finish: " + reason)));
            });
        }
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

    private Material material(Path temporary, Runner runner) {
        if (source instanceof Source.Model given) {
            return given(given, temporary, runner);
        }
        if (isolation.isEmpty()) {
            runner.ready(); // A child process starts during the export.
        }
        if (source instanceof Source.Goldens goldens) {
            List<Path> files = GoldenReplay.files(goldens.golden());
            GoldenReplay.names(files, goldens.checkpoint()); // which reads them
            ModelFolder model = export(goldens.checkpoint(), STANDARD, temporary);
            return new Material(model, goldens.checkpoint().toString(), goldens.checkpoint(), files, Optional.empty());
        }
        Path folder = exported(EmbeddedCheckpoint.RANDOM, (Source.Embedded) source, temporary.resolve("small"));
        return new Material(
                ModelFolder.open(folder.resolve(MODEL), false),
                EMBEDDED,
                folder.resolve(CHECKPOINT),
                GoldenReplay.files(folder.resolve("golden")),
                Optional.of(folder.resolve("reference.safetensors")));
    }

    /** The folder of a built-in checkpoint, and of the model exported from it: one that was kept, or a new one. */
    private Path exported(EmbeddedCheckpoint checkpoint, Source.Embedded form, Path temporary) {
        Consumer<Path> maker = folder -> {
            checkpoint.copyTo(folder);
            export(folder.resolve(CHECKPOINT), form, folder);
        };
        return form.kept()
                .map(kept -> new KeptFolder(
                                kept.toAbsolutePath().resolve(temporary.getFileName()),
                                Path.of(MODEL, Manifest.FILE_NAME))
                        .orMadeBy(maker, temporary))
                .orElseGet(() -> {
                    maker.accept(temporary);
                    return temporary;
                });
    }

    private Material given(Source.Model given, Path temporary, Runner runner) {
        // Cheap checks come first.
        ModelFolder seen = ModelFolder.open(given.model(), false);
        given.reference().ifPresent(file -> fitting(file, seen).close());
        runner.ready();
        // Who repeats single cases has no time for that.
        boolean whole = selection.isAll();
        if (whole) {
            listener.onPhase("reading the whole model, to compare its files' SHA-256");
        }
        ModelFolder model = ModelFolder.open(given.model(), whole);
        return new Material(
                model,
                model.manifest().name() + " in " + model.path(),
                model.path(),
                List.of(),
                Optional.of(given.reference().orElseGet(() -> record(model, temporary, runner))));
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
        Path model = temporary.resolve(MODEL);
        ExportRequest request = new ExportRequest(checkpoint, model, form.precisions(), form.flavor(), false);
        Exporter.export(request, (written, total, file) -> {
            if (cancellation.isCancelled()) {
                throw new CancelledException("The run was cancelled.");
            }
        });
        return ModelFolder.open(model, false);
    }

    private Path record(ModelFolder model, Path temporary, Runner runner) {
        listener.onPhase("recording the reference with the CPU provider");
        Path file = temporary.resolve("reference.safetensors");
        runner.record(model.path(), file);
        return file;
    }

    private Job job(Material material, ExecutionProvider computing, Path temporary) {
        ModelFolder tested = material.model();
        boolean meaning = suite == Suite.FULL && material.reference().isPresent();
        return new Job(
                tested.path(),
                material.checkpoint(),
                material.goldens(),
                material.reference(),
                meaning ? Optional.of(trained(tested, temporary)) : Optional.empty(),
                computing,
                suite,
                selection,
                strict,
                judgedAs,
                temporary,
                dump);
    }

    /** The trained model, in the precision and flavor of the tested one. It is not there if no case needs it. */
    private Path trained(ModelFolder tested, Path temporary) {
        Path folder = temporary.resolve("trained");
        if (MeaningChecks.names().stream().noneMatch(selection::includes)) {
            return folder;
        }
        return exported(EmbeddedCheckpoint.TRAINED, form(tested), folder).resolve(MODEL);
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

    private ModelTolerances tolerances(ModelFolder model) {
        return new ModelTolerances(model.manifest(), judgedAs);
    }

    private Subject subject(Material material, ExecutionProvider computing) {
        String precision = tolerances(material.model()).tasks().precision();
        if (material.reference().isEmpty()) {
            return subject(
                    material, computing, precision, "PyTorch (golden files)", Optional.empty(), OptionalLong.empty());
        }
        try (ReferenceFile reference = fitting(material.reference().get(), material.model())) {
            return subject(
                    material,
                    computing,
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
            Material material,
            ExecutionProvider computing,
            String precision,
            String reference,
            Optional<String> digest,
            OptionalLong seed) {
        return new Subject(
                material.name(),
                material.model().digest(),
                precision,
                computing.name(),
                computing.options(),
                suite.label(),
                selection.names(),
                strict,
                reference,
                digest,
                seed);
    }

    /** @param more checks to add after those made */
    private static ConformanceReport report(
            Instant start,
            Environment machine,
            Subject subject,
            Results results,
            Stream<Check> more,
            Optional<Processes> processes) {
        return new ConformanceReport(
                start,
                Duration.between(start, Instant.now()),
                machine,
                subject,
                Stream.concat(results.checks().stream(), more).toList(),
                results.placements(),
                results.timings(),
                results.images(),
                results.meaning(),
                results.skipped(),
                processes);
    }
}
