package io.github.unipic.conformance.checks;

import io.github.unipic.conformance.report.Placement;
import io.github.unipic.conformance.report.Placement.Fallback;
import io.github.unipic.conformance.report.Placement.Share;
import io.github.unipic.model.GraphName;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * One node of a graph.
 *
 * @param provider that it is on
 * @param computes whether it does more than {@link Bookkeeping}
 * @param milliseconds that it took; empty if it did not run
 */
record PlacedNode(String operator, String provider, boolean computes, OptionalDouble milliseconds) {
    static final String CPU = "CPUExecutionProvider";

    /** @param onCpu whether the CPU is the requested provider, so that nothing is a fallback */
    static Placement placement(GraphName graph, Collection<PlacedNode> nodes, boolean onCpu) {
        Map<String, Share> shares = new TreeMap<>();
        Map<String, Fallback> fallbacks = new TreeMap<>();
        for (PlacedNode node : nodes) {
            shares.merge(
                    node.provider(),
                    new Share(node.provider(), 1, node.milliseconds()),
                    (a, b) -> new Share(a.provider(), a.nodes() + b.nodes(), sum(a.milliseconds(), b.milliseconds())));
            if (!onCpu && node.provider().equals(CPU)) {
                fallbacks.merge(
                        node.operator() + node.computes(),
                        new Fallback(node.operator(), 1, node.computes()),
                        (a, b) -> new Fallback(a.operator(), a.nodes() + b.nodes(), a.computes()));
            }
        }
        return new Placement(graph.label(), List.copyOf(shares.values()), List.copyOf(fallbacks.values()));
    }

    private static OptionalDouble sum(OptionalDouble a, OptionalDouble b) {
        return a.isEmpty() ? b : OptionalDouble.of(a.getAsDouble() + b.orElse(0));
    }
}
