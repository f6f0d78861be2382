package io.github.unipic.conformance.cases;

import io.github.unipic.conformance.report.Area;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Execution;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Something that a model computes of inputs that are the same everywhere: one graph, a whole image, an answer. Its
 * outputs are compared with what is {@link Expected} of it, or recorded to be expected of others.
 *
 * @param subject the graph or the task
 * @param name the scenario in reports
 * @param prefix of the keys under which what is expected has the outputs
 * @param graphs those without which it cannot be run, as far as a model folder may lack them
 * @param repeats whether it is run twice, the second time to give the same to the bit
 */
public record Case(
        Area area, String subject, String name, String prefix, Set<GraphName> graphs, boolean repeats, Run run) {

    /** The computation; gives each output as soon as it is there. */
    @FunctionalInterface
    public interface Run {
        void on(Execution execution, Consumer<Output> outputs);
    }

    /**
     * What a case gives.
     *
     * @param area what it says something about
     * @param subject the graph or the task that it says something about
     * @param value with the metric that judges it
     */
    public record Output(Area area, String subject, String name, Value value) {}

    /** A graph that this needs and a model lacks. */
    public Optional<GraphName> missing(ModelFolder model) {
        return graphs.stream().filter(graph -> !model.has(graph)).findFirst();
    }
}
