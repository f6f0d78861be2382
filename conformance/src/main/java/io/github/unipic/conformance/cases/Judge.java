package io.github.unipic.conformance.cases;

import io.github.unipic.conformance.cases.Case.Output;
import io.github.unipic.conformance.compare.Comparer;
import io.github.unipic.conformance.compare.ModelTolerances;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.Area;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** The expected values and tolerances for one output, and the results that receive the check. */
public record Judge(Case one, Output output, Expected expected, ModelTolerances tolerances, Results results) {
    public String name() {
        return output.name();
    }

    public Comparer comparer() {
        return new Comparer(output.area(), output.subject(), one.name(), results::add);
    }

    /** The largest relative L2 error. */
    double limit() {
        return output.area() == Area.GRAPH
                ? tolerances.graph(output.subject())
                : tolerances.tasks().loop();
    }

    /** The expected value of this output. */
    <T> Optional<T> expected(String name, BiFunction<Expected, String, Optional<T>> kind) {
        return kind.apply(expected, one.prefix() + name);
    }

    /** Compares with the expected value of this output, or fails if there is none. */
    public <T> void against(BiFunction<Expected, String, Optional<T>> kind, Consumer<T> compare) {
        expected(name(), kind).ifPresentOrElse(compare, () -> cannotJudge(name()));
    }

    /** Fails because nothing is expected under a name. */
    void cannotJudge(String missing) {
        comparer().cannotJudge(name(), expected.without(one.prefix() + missing));
    }
}
