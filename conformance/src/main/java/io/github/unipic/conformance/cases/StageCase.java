package io.github.unipic.conformance.cases;

import io.github.unipic.conformance.Suite;
import io.github.unipic.model.GraphName;

/**
 * One run of one graph at certain sizes. docs/conformance-cases.md says what each word means; those that a graph has no
 * use for have their defaults.
 */
public record StageCase(
        GraphName graph,
        String name,
        Suite suite,
        int batch,
        int rows,
        int tokens,
        int past,
        boolean padded,
        GridSize grid,
        Known known,
        Predict predict,
        boolean fullCanvas,
        int timestep,
        int steps,
        double guidance,
        double temperature) {

    /** Begins the names of its streams of numbers. */
    String key() {
        return graph.label() + "/" + name;
    }

    /** Where the reference has an output. */
    public String referenceKey(String output) {
        return "stage/" + key() + "/" + output;
    }
}
