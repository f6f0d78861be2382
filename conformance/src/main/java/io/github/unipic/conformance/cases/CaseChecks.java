package io.github.unipic.conformance.cases;

import io.github.unipic.CancelledException;
import io.github.unipic.conformance.cases.Case.Output;
import io.github.unipic.conformance.cases.Value.Input;
import io.github.unipic.conformance.cases.Value.Recorder;
import io.github.unipic.conformance.cases.Value.Values;
import io.github.unipic.conformance.compare.Comparer;
import io.github.unipic.conformance.compare.Floats;
import io.github.unipic.conformance.compare.ModelTolerances;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.dump.CaseDump;
import io.github.unipic.conformance.dump.DumpFolder;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Execution;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Runs cases and judges their outputs.
 *
 * @param dumps folder for the tensors of cases that fail; empty for none
 */
public record CaseChecks(Execution execution, ModelTolerances tolerances, Results results, Optional<DumpFolder> dumps) {

    /** Compares a case with the expected outputs; skips it if the model lacks a graph for it. */
    public void check(Case one, Expected expected) {
        results.attempt(
                one.address(),
                () -> one.missing(folder())
                        .ifPresentOrElse(
                                graph -> results.skip(
                                        one.subject() + "/" + one.name() + ": the model has no " + graph.label()),
                                () -> dumps.ifPresentOrElse(
                                        folder -> run(one, expected, folder), () -> run(one, expected, output -> {}))));
    }

    private ModelFolder folder() {
        return execution.engine().folder();
    }

    /** @param first is notified of each output before it is judged */
    private void run(Case one, Expected expected, Consumer<Output> first) {
        Map<String, Value> before = new HashMap<>();
        if (one.repeats()) {
            one.run().on(execution, output -> {
                first.accept(output);
                before.put(output.name(), output.value());
            });
        }
        one.run().on(execution, output -> {
            first.accept(output);
            output.value().judge(new Judge(one, output, expected, tolerances, results));
            if (output.value() instanceof Values again && before.get(output.name()) instanceof Values once) {
                new Comparer(Area.DETERMINISM, output.subject(), one.name(), results::add)
                        .same(output.name(), again.floats(), once.floats());
            }
        });
    }

    private void run(Case one, Expected expected, DumpFolder folder) {
        CaseDump dump = folder.begin(one.address());
        one.graph().ifPresent(graph -> {
            dump.graph(folder(), graph, tolerances.graph(graph.label()));
            expect(one, expected, dump);
        });
        int before = results.checks().size();
        try {
            run(one, expected, output -> dump(one, output, expected, dump));
        } catch (CancelledException e) {
            dump.discard();
            throw e;
        } catch (RuntimeException e) {
            dump.end(List.of(Check.didNotRun(one.address(), Results.reason(e))));
            throw e;
        }
        List<Check> all = results.checks();
        dump.end(all.subList(before, all.size()));
    }

    /** All that is expected, before the case runs, as it may crash the process. */
    private static void expect(Case one, Expected expected, CaseDump dump) {
        expected.keys().stream()
                .filter(key -> key.startsWith(one.prefix()))
                .forEach(key -> expected.floats(key)
                        .ifPresent(floats ->
                                dump.expected(key.substring(one.prefix().length()), floats.values(), floats.shape())));
    }

    private static void dump(Case one, Output output, Expected expected, CaseDump dump) {
        if (output.value() instanceof Input input) {
            dump.input(output.name(), input.tensor());
            return;
        }
        try {
            output.value().record("", output.name(), new Recorder() {
                @Override
                public void floats(String key, float[] values, long... shape) {
                    dump.actual(key, values, shape);
                    Optional<Floats> right = expected.floats(one.prefix() + key);
                    right.ifPresent(floats -> dump.expected(key, floats.values(), floats.shape()));
                }

                @Override
                public void longs(String key, long[] values, long... shape) {
                    dump.actual(key, values, shape);
                    expected.integers(one.prefix() + key).ifPresent(right -> dump.expected(key, right, right.length));
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
