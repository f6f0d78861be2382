package io.github.unipic.conformance.checks;

import io.github.unipic.conformance.report.Placement;
import io.github.unipic.model.GraphName;
import io.github.unipic.runtime.AssignedNode;
import io.github.unipic.runtime.Graphs;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where the nodes of graphs are, as ONNX Runtime assigns them when it opens a graph. Nothing runs, so neither does a
 * provider's profiler.
 */
final class Assignments {
    private Assignments() {}

    /**
     * Reads where the nodes of a graph are.
     *
     * @param graphs on the requested provider
     * @param onCpu the same graphs on the CPU
     * @return empty if ONNX Runtime does not tell
     */
    static Optional<Placement> placement(GraphName graph, Graphs graphs, Graphs onCpu, String provider) {
        return graphs.assignments(graph)
                .map(assigned -> placement(
                        graph,
                        assigned,
                        graphs.options().provider().isCpu()
                                ? assigned
                                : onCpu.assignments(graph).orElseThrow(),
                        provider,
                        NodeTypes.read(graphs.folder().file(graph))));
    }

    /**
     * Adds the nodes that ONNX Runtime does not tell. Those of a provider that prefers another layout of images are
     * assigned while the layout is changed, and ONNX Runtime 1.29 tells only the ones that this inserts.
     *
     * @param assigned to the requested provider and to the CPU
     * @param all nodes of the graph: what is assigned if there is only the CPU
     */
    static Placement placement(
            GraphName graph, List<AssignedNode> assigned, List<AssignedNode> all, String provider, NodeTypes types) {
        Set<String> told = assigned.stream().map(AssignedNode::name).collect(Collectors.toSet());
        List<PlacedNode> nodes = new ArrayList<>();
        assigned.forEach(node -> nodes.add(placed(node, node.provider(), types)));
        all.stream()
                .filter(node -> !told.contains(node.name()))
                .forEach(node -> nodes.add(placed(node, provider, types)));
        return PlacedNode.placement(graph, nodes, provider.equalsIgnoreCase(PlacedNode.CPU));
    }

    private static PlacedNode placed(AssignedNode node, String provider, NodeTypes types) {
        return new PlacedNode(
                node.operator(), provider, types.computes(node.operator(), node.name()), OptionalDouble.empty());
    }
}
