package io.github.unipic.conformance.cases;

import io.github.unipic.conformance.compare.Comparer;
import io.github.unipic.conformance.compare.ModelTolerances;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.Area;
import java.util.Optional;
import java.util.function.Consumer;

/** What the values of one output are judged by, and where the verdict goes. */
record Judge(Case one, Output output, Expected expected, ModelTolerances tolerances, Results results) {
    /** Where the expected values are. */
    String key() {
        return one.key(output.name());
    }

    Comparer comparer() {
        return new Comparer(output.area(), output.subject(), one.name(), results::add);
    }

    /** The largest relative L2 error. */
    double limit() {
        return output.area() == Area.GRAPH
                ? tolerances.graph(output.subject())
                : tolerances.tasks().loop();
    }

    /** Compares, or fails where nothing is there to compare with. */
    <T> void against(Optional<T> right, Consumer<T> compare) {
        right.ifPresentOrElse(compare, () -> comparer().cannotJudge(output.name(), expected.without(key())));
    }
}
