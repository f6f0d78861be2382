package io.github.unipic.conformance.cases;

import io.github.unipic.conformance.cases.Value.Values;
import io.github.unipic.conformance.compare.Comparer;
import io.github.unipic.conformance.compare.ModelTolerances;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.runtime.Execution;
import java.util.HashMap;
import java.util.Map;

/** Runs cases and judges their outputs. */
public record CaseChecks(Execution execution, ModelTolerances tolerances, Results results) {

    /** Compares a case with the expected outputs; skips it if the model lacks a graph for it. */
    public void check(Case one, Expected expected) {
        results.attempt(
                one.address(),
                () -> one.missing(execution.engine().folder())
                        .ifPresentOrElse(
                                graph -> results.skip(
                                        one.subject() + "/" + one.name() + ": the model has no " + graph.label()),
                                () -> run(one, expected)));
    }

    private void run(Case one, Expected expected) {
        Map<String, Value> first = new HashMap<>();
        if (one.repeats()) {
            one.run().on(execution, output -> first.put(output.name(), output.value()));
        }
        one.run().on(execution, output -> {
            output.value().judge(new Judge(one, output, expected, tolerances, results));
            if (output.value() instanceof Values again && first.get(output.name()) instanceof Values before) {
                new Comparer(Area.DETERMINISM, output.subject(), one.name(), results::add)
                        .same(output.name(), again.floats(), before.floats());
            }
        });
    }
}
