package io.github.unipic.conformance.cases;

import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.CaseName;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Execution;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A computation with inputs that are the same on every machine: one graph, a whole image, an answer. Its outputs are
 * compared with the {@link Expected} ones, or recorded as a reference.
 *
 * @param subject the graph or the task
 * @param name the scenario in reports
 * @param prefix of the keys of the expected outputs
 * @param graphs optional graphs of a model folder that it needs
 * @param repeats whether it is run twice, and the second run must give the same bits
 */
public record Case(
        Area area, String subject, String name, String prefix, Set<GraphName> graphs, boolean repeats, Run run) {

    /** The computation; gives each output as soon as it is computed. */
    @FunctionalInterface
    public interface Run {
        void on(Execution execution, Consumer<Output> outputs);
    }

    /**
     * An output of a case.
     *
     * @param area that it belongs to
     * @param subject the graph or the task that it belongs to
     * @param value with the metric that judges it
     */
    public record Output(Area area, String subject, String name, Value value) {}

    /** Its address. */
    public CaseName address() {
        return new CaseName(area, subject, name);
    }

    /** The graph, if the case is one run of it with seeded inputs, which are among its outputs. */
    Optional<GraphName> graph() {
        return area == Area.GRAPH && repeats ? graphs.stream().findFirst() : Optional.empty();
    }

    /** A graph that this case needs and a model lacks; empty if the model has all. */
    public Optional<GraphName> missing(ModelFolder model) {
        return graphs.stream().filter(graph -> !model.has(graph)).findFirst();
    }
}
