package io.github.unipic.conformance.checks;

import io.github.unipic.Cancellation;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.cases.StageCase;
import io.github.unipic.conformance.cases.StageRunner;
import io.github.unipic.conformance.cases.StageRunner.Output;
import io.github.unipic.conformance.compare.Comparer;
import io.github.unipic.conformance.compare.ModelTolerances;
import io.github.unipic.conformance.reference.ReferenceFile;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.Timing;
import io.github.unipic.model.GraphName;
import io.github.unipic.runtime.Graphs;
import java.util.List;
import java.util.Optional;

/** Each graph alone, at every case's sizes: against the reference, and twice against itself. */
public final class StageChecks {
    private final StageRunner runner;
    private final double maxBeta;
    private final ReferenceFile reference;
    private final ModelTolerances tolerances;
    private final Findings findings;

    public StageChecks(
            Graphs graphs,
            long seed,
            ReferenceFile reference,
            ModelTolerances tolerances,
            Findings findings,
            Cancellation cancellation) {
        this.runner = new StageRunner(graphs, seed, cancellation);
        this.maxBeta = graphs.folder().manifest().diffusion().maxBeta();
        this.reference = reference;
        this.tolerances = tolerances;
        this.findings = findings;
    }

    public void run(Cases cases) {
        compareSchedules();
        for (StageCase stage : cases.stages()) {
            checkOrSkip(stage);
            findings.caseDone();
        }
    }

    /** The manifest's noise schedule, which every image depends on, against that of the reference's model. */
    private void compareSchedules() {
        double expected = reference.maxBeta();
        new Comparer(Area.STAGE, GraphName.TOKEN_SAMPLER.label(), "schedule", findings::add)
                .measured(
                        "max_beta",
                        "difference",
                        Math.abs(maxBeta - expected),
                        0,
                        maxBeta == expected
                                ? Optional.empty()
                                : Optional.of("the manifest has " + maxBeta + ", the reference " + expected));
    }

    private void checkOrSkip(StageCase stage) {
        String graph = stage.graph().label();
        if (!runner.has(stage)) {
            findings.skip(graph + "/" + stage.name() + ": the model has no " + graph);
            return;
        }
        findings.attempt(Area.STAGE, graph, stage.name(), () -> run(stage));
    }

    private void run(StageCase stage) {
        String graph = stage.graph().label();
        try (StageRunner.Run run = runner.prepare(stage)) {
            List<Output> first = run.outputs();
            List<Output> second = run.outputs();
            findings.add(new Timing(graph, stage.name(), run.lastNanos() / 1e6));
            for (int i = 0; i < first.size(); i++) {
                judge(stage, first.get(i));
                new Comparer(Area.DETERMINISM, graph, stage.name(), findings::add)
                        .same(
                                first.get(i).name(),
                                second.get(i).tensor(),
                                first.get(i).tensor());
            }
        }
    }

    private void judge(StageCase stage, Output output) {
        Comparer comparer = new Comparer(Area.STAGE, stage.graph().label(), stage.name(), findings::add);
        if (output.must().isPresent()) {
            comparer.same(output.name(), output.tensor(), output.must().get());
            return;
        }
        String key = stage.referenceKey(output.name());
        reference
                .floats(key)
                .ifPresentOrElse(
                        expected -> comparer.floats(
                                output.name(), output.tensor(), expected, tolerances.stage(stage.graph())),
                        () -> comparer.cannotJudge(output.name(), ReferenceFile.without(key)));
    }
}
