package io.github.unipic.conformance.bench;

import io.github.unipic.conformance.bench.Results.GraphRuns;
import io.github.unipic.model.GraphName;
import io.github.unipic.runtime.RunListener;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** Collects the times of graphs. One thread runs them, several open them. */
final class GraphTimes implements RunListener {
    /** Start and end of an opening, in nanoseconds of the clock. */
    private record Opening(long start, long end) {
        double seconds() {
            return (end - start) / 1e9;
        }
    }

    private final LongSupplier clock;
    private final Map<GraphName, Opening> opened = new EnumMap<>(GraphName.class);
    private final Map<GraphName, List<Double>> runs = new EnumMap<>(GraphName.class);

    /** @param clock in nanoseconds, from any origin */
    GraphTimes(LongSupplier clock) {
        this.clock = clock;
    }

    @Override
    public synchronized void onOpen(GraphName graph, long nanos) {
        long end = clock.getAsLong();
        opened.put(graph, new Opening(end - nanos, end));
    }

    @Override
    public void onRun(GraphName graph, long nanos) {
        runs.computeIfAbsent(graph, g -> new ArrayList<>()).add(nanos / 1e9);
    }

    void forgetRuns() {
        runs.clear();
    }

    /** The runs since {@link #forgetRuns}, by graph. */
    Map<String, GraphRuns> graphs(int repetitions) {
        Map<String, GraphRuns> graphs = new LinkedHashMap<>();
        runs.forEach((graph, seconds) -> graphs.put(
                graph.label(),
                new GraphRuns(
                        seconds.size(),
                        seconds.stream().mapToDouble(Double::doubleValue).sum() / repetitions,
                        Spread.of(seconds))));
        return graphs;
    }

    synchronized Map<String, Double> sessionSeconds() {
        Map<String, Double> seconds = new LinkedHashMap<>();
        opened.forEach((graph, opening) -> seconds.put(graph.label(), opening.seconds()));
        return seconds;
    }

    /** Time in which at least one session was being opened; several may be opened at once. */
    synchronized double openingSeconds() {
        double seconds = 0;
        long covered = Long.MIN_VALUE;
        for (Opening opening : opened.values().stream()
                .sorted(Comparator.comparingLong(Opening::start))
                .toList()) {
            if (opening.end() > covered) {
                seconds += new Opening(Math.max(opening.start(), covered), opening.end()).seconds();
                covered = opening.end();
            }
        }
        return seconds;
    }
}
