package io.github.unipic.conformance.cases;

import io.github.unipic.conformance.Suite;
import io.github.unipic.model.GraphName;

/**
 * One run of one graph at certain sizes. docs/conformance-cases.md says what each word means; those that a graph has no
 * use for have their defaults.
 *
 * @param last so many of the steps, the last ones, are taken: with all of them what the first do hides the others
 * @param scale of all floating-point inputs but what a schedule gives; small ones show what a norm adds to a variance
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
        TilePlace tile,
        boolean ownStatistics,
        int timestep,
        int steps,
        int last,
        double guidance,
        double temperature,
        float scale) {

    /** Begins the names of its streams of numbers. */
    String key() {
        return graph.label() + "/" + name;
    }

    /** Where the reference has an output. */
    public String referenceKey(String output) {
        return "stage/" + key() + "/" + output;
    }
}
