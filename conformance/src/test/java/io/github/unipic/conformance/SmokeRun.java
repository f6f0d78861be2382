package io.github.unipic.conformance;

import io.github.unipic.Cancellation;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.compare.ModelTolerances;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.reference.ReferenceFile;
import io.github.unipic.conformance.reference.ReferenceReplay;
import io.github.unipic.conformance.report.ConformanceReport;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.TestExecution;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** A run of the kit's smallest suite on the CPU, as most tests of the kit use it. */
final class SmokeRun {
    private static final Map<Source, ConformanceReport> REPORTS = new HashMap<>();

    private SmokeRun() {}

    static ConformanceRun of(Source source, Cancellation cancellation, ConformanceRun.Listener listener) {
        return new ConformanceRun(
                source, ExecutionProvider.CPU, Suite.SMOKE, false, Optional.empty(), Map.of(), cancellation, listener);
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
        ModelFolder folder = ModelFolder.open(model, false);
        try (Engine engine = Engine.open(folder, RuntimeOptions.DEFAULTS)) {
            return compare(engine, reference);
        }
    }

    static Results compare(Engine engine, Path file) {
        Results results = new Results(check -> {}, (done, all) -> {});
        ModelTolerances tolerances = new ModelTolerances(engine.manifest(), Optional.empty());
        try (ReferenceFile reference = ReferenceFile.open(file)) {
            new ReferenceReplay(TestExecution.of(engine), reference, tolerances, results)
                    .run(Cases.of(Suite.SMOKE, OptionalLong.of(reference.seed())));
        }
        return results;
    }
}
