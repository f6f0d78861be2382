package io.github.unipic.conformance.checks;

import io.github.unipic.Cancellation;
import io.github.unipic.conformance.cases.Case;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.compare.Comparer;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.Placement;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Checks which provider ran which nodes: the first case of each graph, run once with ONNX Runtime's profiling. A
 * provider that runs a graph at these sizes but leaves it to the CPU at others is not noticed.
 */
public final class PlacementChecks {
    private final ModelFolder model;
    private final RuntimeOptions profiling;
    private final boolean onCpu;
    private final boolean strict;
    private final Results results;
    private final Cancellation cancellation;

    /**
     * @param profiling with a folder for the traces
     * @param strict whether computing on the CPU instead of the provider is a failure
     */
    public PlacementChecks(
            ModelFolder model, RuntimeOptions profiling, boolean strict, Results results, Cancellation cancellation) {
        this.model = model;
        this.profiling = profiling;
        this.onCpu = profiling.provider().isCpu();
        this.strict = strict;
        this.results = results;
        this.cancellation = cancellation;
    }

    public void run(Cases cases) {
        results.attempt(Area.PLACEMENT, "all graphs", "profile", () -> place(cases));
    }

    private void place(Cases cases) {
        List<Placement> placements = new ArrayList<>();
        for (Map.Entry<GraphName, Path> trace : traces(cases).entrySet()) {
            Placement placement = Trace.read(trace.getValue()).placement(trace.getKey(), onCpu);
            results.add(placement);
            placements.add(placement);
        }
        if (!onCpu) {
            judge(placements, OnnxRuntime.ownName(profiling.provider()), strict, results);
        }
    }

    private Map<GraphName, Path> traces(Cases cases) {
        try (Engine engine = Engine.open(model, profiling)) {
            engine.run(cancellation, execution -> {
                Set<GraphName> done = EnumSet.noneOf(GraphName.class);
                for (Case one : cases.all()) {
                    if (one.area() == Area.GRAPH && one.missing(model).isEmpty() && done.addAll(one.graphs())) {
                        results.attempt(
                                Area.PLACEMENT,
                                one.subject(),
                                one.name(),
                                () -> one.run().on(execution, output -> {}));
                    }
                }
            });
            return new EnumMap<>(engine.graphs().endProfiling());
        }
    }

    /**
     * Checks that the provider ran at least one node and, if strict, every node that computes.
     *
     * @param provider the requested one, by ONNX Runtime's name
     */
    static void judge(List<Placement> placements, String provider, boolean strict, Results results) {
        boolean unused = placements.stream()
                .flatMap(placement -> placement.shares().stream())
                .noneMatch(share -> share.provider().equalsIgnoreCase(provider));
        new Comparer(Area.PLACEMENT, "all graphs", "profile", results::add)
                .measured(
                        "provider",
                        "providers that ran no node",
                        unused ? 1 : 0,
                        0,
                        unused
                                ? Optional.of(provider + " ran no node of any graph, so it was not tested")
                                : Optional.empty());
        if (strict) {
            placements.forEach(placement -> judgeStrictly(placement, results));
        }
    }

    private static void judgeStrictly(Placement placement, Results results) {
        List<Placement.Fallback> computing = placement.fallbacks().stream()
                .filter(Placement.Fallback::computes)
                .toList();
        new Comparer(Area.PLACEMENT, placement.graph(), "profile", results::add)
                .measured(
                        "nodes",
                        "computing nodes on the CPU",
                        computing.stream().mapToInt(Placement.Fallback::nodes).sum(),
                        0,
                        computing.isEmpty()
                                ? Optional.empty()
                                : Optional.of(computing.stream()
                                        .map(fallback -> fallback.nodes() + " " + fallback.operator())
                                        .collect(Collectors.joining(", "))));
    }
}
