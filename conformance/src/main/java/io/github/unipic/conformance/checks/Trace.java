package io.github.unipic.conformance.checks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.InferenceException;
import io.github.unipic.conformance.report.Placement;
import io.github.unipic.model.GraphName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * ONNX Runtime's profile of a session: an event for each run of a node. A node in a loop has many events with one name.
 */
final class Trace {
    private static final String RUN = "_kernel_time";

    private final Map<String, PlacedNode> nodes = new LinkedHashMap<>();

    private Trace() {}

    /** @throws InferenceException when it is not a profile of ONNX Runtime */
    static Trace read(Path file) {
        JsonNode events;
        try {
            events = new JsonMapper().readTree(file.toFile());
        } catch (IOException e) {
            throw new InferenceException(
                    "ONNX Runtime's profile " + file + " cannot be read: " + e.getMessage() + ".", e);
        }
        Trace trace = new Trace();
        for (JsonNode event : events) {
            if (event.path("cat").asText().equals("Node")
                    && event.path("name").asText().endsWith(RUN)) {
                trace.add(event);
            }
        }
        return trace;
    }

    private void add(JsonNode event) {
        JsonNode args = event.path("args");
        String operator = args.path("op_name").asText();
        List<String> types = new ArrayList<>();
        args.path("output_type_shape").forEach(output -> output.fieldNames().forEachRemaining(types::add));
        PlacedNode now = new PlacedNode(
                operator,
                args.path("provider").asText(),
                !Bookkeeping.is(operator, types),
                OptionalDouble.of(event.path("dur").asDouble() / 1000));
        nodes.merge(
                event.path("name").asText(),
                now,
                (before, again) -> new PlacedNode(
                        before.operator(),
                        before.provider(),
                        before.computes() || again.computes(),
                        OptionalDouble.of(before.milliseconds().getAsDouble()
                                + again.milliseconds().getAsDouble())));
    }

    /** @param onCpu whether the CPU is the requested provider, so that nothing is a fallback */
    Placement placement(GraphName graph, boolean onCpu) {
        return PlacedNode.placement(graph, nodes.values(), onCpu);
    }
}
