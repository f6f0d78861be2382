package io.github.unipic.conformance.checks;

import io.github.unipic.Cancellation;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.UniPic;
import io.github.unipic.conformance.Suite;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.compare.ModelTolerances;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.golden.GoldenReplay;
import io.github.unipic.conformance.meaning.MeaningChecks;
import io.github.unipic.conformance.reference.ReferenceFile;
import io.github.unipic.conformance.reference.ReferenceReplay;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.CaseName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

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
 * @param strict whether it is a failure if a graph runs on the CPU instead of the provider
 * @param judgedAs a precision whose tolerances apply to everything; empty for the model's own
 * @param temporary an existing folder for profiles
 */
public record Job(
        Path model,
        Path checkpoint,
        List<Path> goldens,
        Optional<Path> reference,
        Optional<Path> trained,
        ExecutionProvider provider,
        Suite suite,
        boolean strict,
        Optional<String> judgedAs,
        Path temporary) {
    private static final int AT_ONCE = 10;
    private static final int AT_ONCE_IN_SMOKE = 3;

    /**
     * The parts, in the order of the run.
     *
     * @throws io.github.unipic.conformance.ConformanceException when a golden file or the reference cannot be read
     */
    public List<Part> parts() {
        ModelFolder folder = ModelFolder.open(model, false);
        List<Part> parts = new ArrayList<>();
        if (!goldens.isEmpty()) {
            parts.add(new Goldens(folder));
        }
        reference.ifPresent(file -> {
            Cases cases = cases(file);
            parts.add(new Comparison(folder, file, cases));
            parts.add(new Placement(folder, cases));
            parts.add(new Requests(folder));
        });
        trained.ifPresent(trainedModel -> parts.add(new Meaning(trainedModel)));
        return parts;
    }

    private Cases cases(Path referenceFile) {
        try (ReferenceFile opened = ReferenceFile.open(referenceFile)) {
            return Cases.of(suite, OptionalLong.of(opened.seed()));
        }
    }

    private RuntimeOptions options(Optional<Path> profiles) {
        return new RuntimeOptions(OptionalInt.empty(), provider, profiles, Memory.DEFAULTS);
    }

    private Engine open(ModelFolder folder) {
        return Engine.open(folder, options(Optional.empty()));
    }

    private ModelTolerances tolerances(ModelFolder folder) {
        return new ModelTolerances(folder.manifest(), judgedAs);
    }

    /** PyTorch's tensors for the checkpoint. */
    private final class Goldens implements Part {
        private final ModelFolder folder;
        private final List<CaseName> cases;

        Goldens(ModelFolder folder) {
            this.folder = folder;
            this.cases = GoldenReplay.names(goldens, checkpoint);
        }

        @Override
        public CaseName name() {
            return new CaseName(Area.GRAPH, "process", "golden files");
        }

        @Override
        public String phase() {
            return "replaying PyTorch's tensors";
        }

        @Override
        public List<CaseName> cases() {
            return cases;
        }

        @Override
        public void run(Results results, Cancellation cancellation) {
            try (Engine engine = open(folder)) {
                engine.run(
                        cancellation,
                        execution -> new GoldenReplay(execution, checkpoint, tolerances(folder), results).run(goldens));
            }
        }
    }

    /** The kit's cases against the reference. */
    private final class Comparison implements Part {
        private final ModelFolder folder;
        private final Path file;
        private final Cases cases;

        Comparison(ModelFolder folder, Path file, Cases cases) {
            this.folder = folder;
            this.file = file;
            this.cases = cases;
        }

        @Override
        public CaseName name() {
            return new CaseName(Area.GRAPH, "process", "reference");
        }

        @Override
        public String phase() {
            return "comparing graphs, images and answers";
        }

        @Override
        public List<CaseName> cases() {
            return ReferenceReplay.names(cases);
        }

        @Override
        public void run(Results results, Cancellation cancellation) {
            try (ReferenceFile opened = ReferenceFile.open(file);
                    Engine engine = open(folder)) {
                engine.run(
                        cancellation,
                        execution -> new ReferenceReplay(execution, opened, tolerances(folder), results).run(cases));
            }
        }
    }

    /** Which provider runs each node. */
    private final class Placement implements Part {
        private final ModelFolder folder;
        private final Cases cases;

        Placement(ModelFolder folder, Cases cases) {
            this.folder = folder;
            this.cases = cases;
        }

        @Override
        public CaseName name() {
            return new CaseName(Area.PLACEMENT, "all graphs", "profile");
        }

        @Override
        public String phase() {
            return "checking which provider runs each node";
        }

        @Override
        public List<CaseName> cases() {
            return PlacementChecks.names(folder, cases);
        }

        @Override
        public void run(Results results, Cancellation cancellation) {
            new PlacementChecks(folder, options(Optional.of(temporary)), results, cancellation).run(cases);
        }

        @Override
        public void conclude(Results results) {
            PlacementChecks.conclude(provider, strict, results);
        }
    }

    /** Requests as in an application. */
    private final class Requests implements Part {
        private final ModelFolder folder;
        private final int atOnce = suite == Suite.FULL ? AT_ONCE : AT_ONCE_IN_SMOKE;

        Requests(ModelFolder folder) {
            this.folder = folder;
        }

        @Override
        public CaseName name() {
            return new CaseName(Area.CONCURRENCY, "requests", "requests");
        }

        @Override
        public String phase() {
            return "running requests twice, and several at once";
        }

        @Override
        public List<CaseName> cases() {
            return RequestChecks.names(atOnce);
        }

        @Override
        public void run(Results results, Cancellation cancellation) {
            results.attempt(name(), () -> {
                try (UniPic unipic =
                        UniPic.builder(folder.path()).provider(provider).load()) {
                    int downsampling = folder.manifest().sizes().downsampling();
                    new RequestChecks(unipic, downsampling, results, cancellation).run(atOnce);
                }
            });
        }
    }

    /** What the trained model generates, describes and edits. */
    private final class Meaning implements Part {
        private final Path folder;

        Meaning(Path folder) {
            this.folder = folder;
        }

        @Override
        public CaseName name() {
            return new CaseName(Area.MEANING, "model", "model");
        }

        @Override
        public String phase() {
            return "checking what the trained model generates, describes and edits";
        }

        @Override
        public List<CaseName> cases() {
            return MeaningChecks.names();
        }

        @Override
        public void run(Results results, Cancellation cancellation) {
            results.attempt(name(), () -> {
                try (UniPic unipic = UniPic.builder(folder).provider(provider).load()) {
                    new MeaningChecks(unipic, results, cancellation).run();
                }
            });
        }

        @Override
        public void conclude(Results results) {
            MeaningChecks.conclude(results);
        }
    }
}
