package io.github.unipic.conformance.checks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.InferenceException;
import io.github.unipic.conformance.report.Placement;
import io.github.unipic.model.GraphName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * ONNX Runtime's profile of a session: an event for each run of a node. A node in a loop has many events with one name.
 */
final class Trace {
    static final String CPU = "CPUExecutionProvider";

    private static final String RUN = "_kernel_time";

    /**
     * Operators that compute shapes, positions and masks. ONNX Runtime leaves them on the CPU by design, next to the
     * shapes that they read, if all their outputs have one of {@link #INDEX_TYPES}.
     */
    private static final Set<String> BOOKKEEPING = Set.of(
            "Abs",
            "Add",
            "And",
            "Cast",
            "Concat",
            "Constant",
            "ConstantOfShape",
            "CumSum",
            "Div",
            "Equal",
            "Expand",
            "Flatten",
            "Gather",
            "GatherElements",
            "GatherND",
            "Greater",
            "GreaterOrEqual",
            "Identity",
            "Less",
            "LessOrEqual",
            "Max",
            "Min",
            "Mod",
            "Mul",
            "Neg",
            "NonZero",
            "Not",
            "Or",
            "Pad",
            "Range",
            "ReduceMax",
            "ReduceMin",
            "ReduceProd",
            "ReduceSum",
            "Reshape",
            "ScatterElements",
            "ScatterND",
            "Shape",
            "Size",
            "Slice",
            "Split",
            "Squeeze",
            "Sub",
            "Tile",
            "Transpose",
            "Trilu",
            "Unsqueeze",
            "Where");

    private static final Set<String> INDEX_TYPES = Set.of("int64", "int32", "bool");

    /** One node of the optimized graph. */
    private record Node(String operator, String provider, boolean computes, double milliseconds) {}

    private final Map<String, Node> nodes = new LinkedHashMap<>();

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
        boolean computes = !BOOKKEEPING.contains(operator);
        for (JsonNode output : args.path("output_type_shape")) {
            computes |= output.properties().stream().anyMatch(type -> !INDEX_TYPES.contains(type.getKey()));
        }
        Node now = new Node(
                operator,
                args.path("provider").asText(),
                computes,
                event.path("dur").asDouble() / 1000);
        nodes.merge(
                event.path("name").asText(),
                now,
                (before, again) -> new Node(
                        before.operator(),
                        before.provider(),
                        before.computes() || again.computes(),
                        before.milliseconds() + again.milliseconds()));
    }

    /** @param onCpu whether the CPU is the requested provider, so that nothing is a fallback */
    Placement placement(GraphName graph, boolean onCpu) {
        Map<String, Placement.Share> shares = new TreeMap<>();
        Map<String, Placement.Fallback> fallbacks = new TreeMap<>();
        for (Node node : nodes.values()) {
            shares.merge(
                    node.provider(),
                    new Placement.Share(node.provider(), 1, node.milliseconds()),
                    (a, b) -> new Placement.Share(
                            a.provider(), a.nodes() + b.nodes(), a.milliseconds() + b.milliseconds()));
            if (!onCpu && node.provider().equals(CPU)) {
                fallbacks.merge(
                        node.operator() + node.computes(),
                        new Placement.Fallback(node.operator(), 1, node.computes()),
                        (a, b) -> new Placement.Fallback(a.operator(), a.nodes() + b.nodes(), a.computes()));
            }
        }
        return new Placement(graph.label(), List.copyOf(shares.values()), List.copyOf(fallbacks.values()));
    }
}
