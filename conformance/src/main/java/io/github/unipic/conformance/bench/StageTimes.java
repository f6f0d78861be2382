package io.github.unipic.conformance.bench;

import io.github.unipic.conformance.bench.Results.Stage;
import io.github.unipic.model.GraphName;
import io.github.unipic.runtime.RunListener;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects what graphs took. One thread uses it. */
final class StageTimes implements RunListener {
    private final Map<GraphName, Double> opened = new EnumMap<>(GraphName.class);
    private final Map<GraphName, List<Double>> runs = new EnumMap<>(GraphName.class);

    @Override
    public void onOpen(GraphName graph, long nanos) {
        opened.put(graph, nanos / 1e9);
    }

    @Override
    public void onRun(GraphName graph, long nanos) {
        runs.computeIfAbsent(graph, g -> new ArrayList<>()).add(nanos / 1e9);
    }

    void forgetRuns() {
        runs.clear();
    }

    /** The runs since {@link #forgetRuns}, by graph. */
    Map<String, Stage> stages(int repetitions) {
        Map<String, Stage> stages = new LinkedHashMap<>();
        runs.forEach((graph, seconds) -> stages.put(
                graph.label(),
                new Stage(
                        seconds.size(),
                        seconds.stream().mapToDouble(Double::doubleValue).sum() / repetitions,
                        Spread.of(seconds))));
        return stages;
    }

    Map<String, Double> sessionSeconds() {
        Map<String, Double> seconds = new LinkedHashMap<>();
        opened.forEach((graph, time) -> seconds.put(graph.label(), time));
        return seconds;
    }
}
