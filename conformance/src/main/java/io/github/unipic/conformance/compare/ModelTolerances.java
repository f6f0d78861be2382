package io.github.unipic.conformance.compare;

import io.github.unipic.model.Manifest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The limits for a model folder, whose graphs may differ in precision: a graph has those of its own precision, a task
 * those of the lowest.
 */
public final class ModelTolerances {
    private static final Map<String, String> SHORT =
            Map.of("float32", "fp32", "float16", "fp16", "bfloat16", "bf16", "int8", "int8", "int4", "int4");

    private final Map<String, Tolerances> graphs = new TreeMap<>();
    private final Tolerances tasks;

    /** @param judgedAs the precision whose limits apply to everything; empty for the manifest's */
    public ModelTolerances(Manifest manifest, Optional<String> judgedAs) {
        manifest.graphs()
                .forEach((name, spec) -> graphs.put(
                        name,
                        Tolerances.of(
                                judgedAs.orElseGet(() -> SHORT.getOrDefault(spec.precision(), spec.precision())))));
        List<String> finestFirst = Tolerances.precisions();
        tasks = graphs.values().stream()
                .max((a, b) -> finestFirst.indexOf(a.precision()) - finestFirst.indexOf(b.precision()))
                .orElseThrow(() -> new IllegalArgumentException("The model has no graphs."));
    }

    /** Relative L2 error of one graph. */
    public double graph(String graph) {
        return graphs.get(graph).graph(graph);
    }

    /** The limits for whole tasks. */
    public Tolerances tasks() {
        return tasks;
    }
}
