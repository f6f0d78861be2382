package io.github.unipic.conformance.checks;

import io.github.unipic.Cancellation;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.conformance.cases.Case;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.compare.Comparer;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.CaseName;
import io.github.unipic.conformance.report.Placement;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Checks which provider runs which nodes: for each graph, what ONNX Runtime assigns to a provider when it opens the
 * graph, or where that cannot be read, its profile of one run of the first case. A provider that runs a graph but
 * leaves some sizes to the CPU on its own is not noticed.
 */
public final class PlacementChecks {
    private final ModelFolder model;
    private final RuntimeOptions options;
    private final Path temporary;
    private final Results results;
    private final Cancellation cancellation;

    /** @param temporary an existing folder for profiles */
    public PlacementChecks(
            ModelFolder model, RuntimeOptions options, Path temporary, Results results, Cancellation cancellation) {
        this.model = model;
        this.options = options;
        this.temporary = temporary;
        this.results = results;
        this.cancellation = cancellation;
    }

    /** What {@link #run} runs. */
    public static List<CaseName> names(ModelFolder model, Cases cases) {
        return first(model, cases).stream().map(PlacementChecks::name).toList();
    }

    private static CaseName name(Case one) {
        return new CaseName(Area.PLACEMENT, one.subject(), one.name());
    }

    /** The first case of each graph of the model. */
    private static List<Case> first(ModelFolder model, Cases cases) {
        Set<GraphName> graphs = EnumSet.noneOf(GraphName.class);
        return cases.all().stream()
                .filter(one -> one.area() == Area.GRAPH && one.missing(model).isEmpty() && graphs.addAll(one.graphs()))
                .toList();
    }

    public void run(Cases cases) {
        first(model, cases)
                .forEach(one -> results.attempt(name(one), () -> {
                    if (!assigned(one)) {
                        profile(one);
                    }
                }));
    }

    /** Reads what the graphs of a case are assigned to, if that can be read. */
    private boolean assigned(Case one) {
        RuntimeOptions cpu =
                new RuntimeOptions(options.threads(), ExecutionProvider.CPU, options.profileFolder(), options.memory());
        String provider = OnnxRuntime.ownName(options.provider());
        try (Graphs graphs = new Graphs(model, options);
                Graphs onCpu = new Graphs(model, cpu)) {
            List<Placement> placements = one.graphs().stream()
                    .flatMap(graph -> Assignments.placement(graph, graphs, onCpu, provider).stream())
                    .toList();
            placements.forEach(results::add);
            return !placements.isEmpty();
        }
    }

    /** Runs a case in an engine of its own, as profiles are complete only when sessions are closed. */
    private void profile(Case one) {
        RuntimeOptions profiling =
                new RuntimeOptions(options.threads(), options.provider(), Optional.of(temporary), options.memory());
        try (Engine engine = Engine.open(model, profiling)) {
            engine.run(cancellation, execution -> one.run().on(execution, output -> {}));
            engine.graphs()
                    .endProfiling()
                    .forEach((graph, trace) -> results.add(Trace.read(trace)
                            .placement(graph, options.provider().isCpu())));
        }
    }

    /**
     * Judges where the nodes of all graphs are, when all cases have run.
     *
     * @param provider that was asked for
     * @param strict whether computing on the CPU instead of the provider is a failure
     */
    public static void conclude(ExecutionProvider provider, boolean strict, Results results) {
        if (!provider.isCpu()) {
            judge(results.placements(), OnnxRuntime.ownName(provider), strict, results);
        }
    }

    /**
     * Checks that the provider runs at least one node and, if strict, every node that computes.
     *
     * @param provider the requested one, by ONNX Runtime's name
     */
    static void judge(List<Placement> placements, String provider, boolean strict, Results results) {
        boolean unused = placements.stream()
                .flatMap(placement -> placement.shares().stream())
                .noneMatch(share -> share.provider().equalsIgnoreCase(provider));
        new Comparer(Area.PLACEMENT, "all graphs", "nodes", results::add)
                .measured(
                        "provider",
                        "providers that run no node",
                        unused ? 1 : 0,
                        0,
                        unused
                                ? Optional.of(provider + " runs no node of any graph, so it was not tested")
                                : Optional.empty());
        if (strict) {
            placements.forEach(placement -> judgeStrictly(placement, results));
        }
    }

    private static void judgeStrictly(Placement placement, Results results) {
        List<Placement.Fallback> computing = placement.fallbacks().stream()
                .filter(Placement.Fallback::computes)
                .toList();
        new Comparer(Area.PLACEMENT, placement.graph(), "nodes", results::add)
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
