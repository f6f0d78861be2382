package io.github.unipic.conformance;

import io.github.unipic.Cancellation;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.conformance.cases.Case;
import io.github.unipic.conformance.cases.CaseChecks;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.compare.ModelTolerances;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.golden.GoldenReplay;
import io.github.unipic.conformance.reference.ReferenceFile;
import io.github.unipic.conformance.reference.ReferenceReplay;
import io.github.unipic.conformance.report.ConformanceReport;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.TestExecution;
import io.github.unipic.testing.SmallModel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/** A run of the kit's smallest suite on the CPU, as most tests of the kit use it. */
final class SmokeRun {
    private static final Map<Source, ConformanceReport> REPORTS = new HashMap<>();

    private SmokeRun() {}

    static ConformanceRun of(Source source, Cancellation cancellation, ConformanceRun.Listener listener) {
        return new ConformanceRun(
                source,
                ExecutionProvider.CPU,
                Suite.SMOKE,
                false,
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                cancellation,
                listener);
    }

    /** The report on a source that does not change; made once for all tests. */
    static synchronized ConformanceReport report(Source source) {
        return REPORTS.computeIfAbsent(
                source,
                once -> of(once, new Cancellation(), new ConformanceRun.Listener() {})
                        .run());
    }

    /** The comparison with a reference alone. */
    static Results compare(Path model, Path reference) {
        return compare(model, reference, one -> true);
    }

    /** The comparison of some cases with a reference. */
    static Results compare(Path model, Path reference, Predicate<Case> cases) {
        try (Engine engine = open(model)) {
            return compare(engine, reference, Suite.SMOKE, cases);
        }
    }

    /** The replay of golden files alone. */
    static Results replay(Engine engine, List<Path> files) {
        Results results = new Results();
        replay(engine, files, results);
        return results;
    }

    static void replay(Engine engine, List<Path> files, Results results) {
        ModelTolerances tolerances = new ModelTolerances(engine.manifest(), Optional.empty());
        CaseChecks checks = new CaseChecks(TestExecution.of(engine), tolerances, results, Optional.empty());
        new GoldenReplay(checks, SmallCheckpoint.folder()).run(files);
    }

    static Engine open(Path model) {
        return Engine.open(ModelFolder.open(model, false), SmallModel.options());
    }

    static Results compare(Engine engine, Path file, Suite suite, Predicate<Case> wanted) {
        Results results = new Results();
        compare(engine, file, suite, wanted, results);
        return results;
    }

    static void compare(Engine engine, Path file, Suite suite, Predicate<Case> wanted, Results results) {
        ModelTolerances tolerances = new ModelTolerances(engine.manifest(), Optional.empty());
        try (ReferenceFile reference = ReferenceFile.open(file)) {
            Cases cases = Cases.of(suite, OptionalLong.of(reference.seed()));
            CaseChecks checks = new CaseChecks(TestExecution.of(engine), tolerances, results, Optional.empty());
            new ReferenceReplay(checks, reference)
                    .run(new Cases(
                            cases.seed(),
                            cases.sha256(),
                            cases.all().stream().filter(wanted).toList()));
        }
    }
}
