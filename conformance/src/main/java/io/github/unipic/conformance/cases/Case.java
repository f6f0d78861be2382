package io.github.unipic.conformance.cases;

import io.github.unipic.conformance.report.Area;
import io.github.unipic.model.GraphName;
import io.github.unipic.runtime.Execution;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Something that a model computes of inputs that are the same everywhere: one graph, a whole image, an answer. Its
 * outputs are compared with what is {@link Expected} of it, or recorded to be expected of others.
 */
public interface Case {
    Area area();

    /** The graph or the task. */
    String subject();

    /** The scenario in reports; with area and subject one of a kind. */
    String name();

    /** Those without which it cannot be run, as far as a model folder may lack them. */
    Set<GraphName> graphs();

    /** Where what is expected has an output. */
    String key(String output);

    /** Whether it is run twice, the second time to give the same to the bit. */
    default boolean repeats() {
        return false;
    }

    /** Runs it and gives each output as soon as it is there. */
    void run(Execution execution, Consumer<Output> outputs);
}
