package io.github.unipic.conformance.checks;

import io.github.unipic.ExecutionProvider;
import io.github.unipic.UniPic;
import io.github.unipic.conformance.Selection;
import io.github.unipic.conformance.Suite;
import io.github.unipic.conformance.cases.CaseChecks;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.compare.ModelTolerances;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.dump.DumpFolder;
import io.github.unipic.conformance.golden.GoldenReplay;
import io.github.unipic.conformance.meaning.MeaningChecks;
import io.github.unipic.conformance.reference.ReferenceFile;
import io.github.unipic.conformance.reference.ReferenceReplay;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.CaseName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * What a run checks. Everything in it is in files, so that any process can do it.
 *
 * @param model folder to test
 * @param checkpoint that the golden files belong to
 * @param goldens golden files, possibly none
 * @param reference of the model, empty if only golden files are compared
 * @param trained folder of the trained model, empty if the suite does not check meaning
 * @param provider to run the graphs on
 * @param suite whose cases run
 * @param selection of the suite's cases
 * @param strict whether it is a failure if a graph runs on the CPU instead of the provider
 * @param judgedAs a precision whose tolerances apply to everything; empty for the model's own
 * @param temporary an existing folder for profiles
 * @param dump folder for the tensors of cases that fail
 */
public record Job(
        Path model,
        Path checkpoint,
        List<Path> goldens,
        Optional<Path> reference,
        Optional<Path> trained,
        ExecutionProvider provider,
        Suite suite,
        Selection selection,
        boolean strict,
        Optional<String> judgedAs,
        Path temporary,
        Optional<Path> dump) {
    private static final int AT_ONCE = 10;
    private static final int AT_ONCE_IN_SMOKE = 3;

    /**
     * The parts, or those that have selected cases, in the order of the run.
     *
     * @throws io.github.unipic.InvalidRequestException when a selected name is unknown
     * @throws io.github.unipic.conformance.ConformanceException when a golden file or the reference cannot be read
     */
    public List<Part> parts() {
        List<Part> parts = allParts();
        if (selection.isAll()) {
            return parts; // also one without cases, which says why
        }
        selection.requireKnown(
                parts.stream().flatMap(part -> part.cases().stream()).toList());
        return parts.stream()
                .map(part -> part.only(selection))
                .filter(part -> !part.cases().isEmpty())
                .toList();
    }

    private List<Part> allParts() {
        ModelFolder folder = ModelFolder.open(model, false);
        List<Part> parts = new ArrayList<>();
        if (!goldens.isEmpty()) {
            parts.add(replay(folder));
        }
        reference.ifPresent(file -> {
            Cases cases = cases(file);
            parts.add(comparison(folder, file, cases));
            parts.add(placement(folder, cases));
            parts.add(requests(folder));
        });
        trained.ifPresent(trainedModel -> parts.add(meaning(trainedModel)));
        return parts;
    }

    private Cases cases(Path referenceFile) {
        try (ReferenceFile opened = ReferenceFile.open(referenceFile)) {
            return Cases.of(suite, OptionalLong.of(opened.seed()));
        }
    }

    private RuntimeOptions options() {
        return new RuntimeOptions(OptionalInt.empty(), provider, Optional.empty(), Memory.DEFAULTS);
    }

    private Engine open(ModelFolder folder) {
        return Engine.open(folder, options());
    }

    private CaseChecks caseChecks(Execution execution, Results results) {
        ModelTolerances tolerances = new ModelTolerances(execution.manifest(), judgedAs);
        return new CaseChecks(execution, tolerances, results, dump.map(DumpFolder::new));
    }

    /** PyTorch's tensors for the checkpoint. */
    private Part replay(ModelFolder folder) {
        return new Part(
                new CaseName(Area.GRAPH, "process", "golden files"),
                "replaying PyTorch's tensors",
                GoldenReplay.names(goldens, checkpoint),
                (results, cancellation) -> {
                    try (Engine engine = open(folder)) {
                        engine.run(
                                cancellation,
                                execution -> new GoldenReplay(caseChecks(execution, results), checkpoint).run(goldens));
                    }
                });
    }

    /** The kit's cases against the reference. */
    private Part comparison(ModelFolder folder, Path file, Cases cases) {
        return new Part(
                new CaseName(Area.GRAPH, "process", "reference"),
                "comparing graphs, images and answers",
                ReferenceReplay.names(cases),
                (results, cancellation) -> {
                    try (ReferenceFile opened = ReferenceFile.open(file);
                            Engine engine = open(folder)) {
                        engine.run(
                                cancellation,
                                execution -> new ReferenceReplay(caseChecks(execution, results), opened).run(cases));
                    }
                });
    }

    /** Which provider runs each node. */
    private Part placement(ModelFolder folder, Cases cases) {
        return new Part(
                new CaseName(Area.PLACEMENT, "all graphs", "nodes"),
                "checking which provider runs each node",
                PlacementChecks.names(folder, cases),
                (results, cancellation) ->
                        new PlacementChecks(folder, options(), temporary, results, cancellation).run(cases),
                results -> PlacementChecks.conclude(provider, strict, results));
    }

    /** Requests as in an application. */
    private Part requests(ModelFolder folder) {
        CaseName name = new CaseName(Area.CONCURRENCY, "requests", "requests");
        int atOnce = suite == Suite.FULL ? AT_ONCE : AT_ONCE_IN_SMOKE;
        int downsampling = folder.manifest().sizes().downsampling();
        return new Part(
                name,
                "running requests twice, and several at once",
                RequestChecks.names(atOnce),
                (results, cancellation) -> withModel(
                        folder.path(),
                        name,
                        results,
                        unipic -> new RequestChecks(unipic, downsampling, results, cancellation).run(atOnce)));
    }

    /** What the trained model generates, describes and edits. */
    private Part meaning(Path folder) {
        CaseName name = new CaseName(Area.MEANING, "model", "model");
        return new Part(
                name,
                "checking what the trained model generates, describes and edits",
                MeaningChecks.names(),
                (results, cancellation) -> withModel(
                        folder, name, results, unipic -> new MeaningChecks(unipic, results, cancellation).run()),
                MeaningChecks::conclude);
    }

    /** Opens a model as an application does; if that fails, it is a failed check. */
    private void withModel(Path folder, CaseName name, Results results, Consumer<UniPic> work) {
        results.attempt(name, () -> {
            try (UniPic unipic = UniPic.builder(folder).provider(provider).load()) {
                work.accept(unipic);
            }
        });
    }
}
