package io.github.unipic.conformance.checks;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.github.unipic.ModelFormatException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The types of what the nodes of a graph's file put out, as far as they say whether a node only keeps books. Such a
 * node takes its type from its inputs, or always has the same.
 */
final class NodeTypes {
    private static final String UNKNOWN = "unknown";

    /** By value. Loop bodies see the values around them, and a name has one meaning in the whole file. */
    private final Map<String, String> values = new HashMap<>();

    /** By the node's name. */
    private final Map<String, String> nodes = new HashMap<>();

    private NodeTypes() {}

    /** @throws ModelFormatException when the file cannot be read */
    static NodeTypes read(Path graph) {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(graph))) {
            return of(ModelProto.parseFrom(in).getGraph());
        } catch (IOException e) {
            throw new ModelFormatException(
                    "Graph " + graph + " cannot be read: " + e.getMessage() + "; export the model again.", e);
        }
    }

    static NodeTypes of(GraphProto graph) {
        NodeTypes types = new NodeTypes();
        types.add(graph);
        return types;
    }

    /**
     * Whether a node does more than keep books. A node that is not in the file was inserted by ONNX Runtime, and the
     * only bookkeeping among these is Gather, which reorders a shape when the layout of images changes.
     */
    boolean computes(String operator, String name) {
        String inserted = operator.equals("Gather") ? "int64" : UNKNOWN;
        return !Bookkeeping.is(operator, List.of(nodes.getOrDefault(name, inserted)));
    }

    private void add(GraphProto graph) {
        graph.getInitializerList().forEach(tensor -> values.put(tensor.getName(), name(tensor.getDataType())));
        graph.getInputList().forEach(this::add);
        for (NodeProto node : graph.getNodeList()) {
            node.getAttributeList().stream().filter(AttributeProto::hasG).forEach(body -> add(body.getG()));
            String type = type(node);
            nodes.put(node.getName(), type);
            node.getOutputList().forEach(output -> values.put(output, type));
        }
    }

    private void add(ValueInfoProto value) {
        values.put(value.getName(), name(value.getType().getTensorType().getElemType()));
    }

    private String type(NodeProto node) {
        return switch (node.getOpType()) {
            case "Shape", "Size", "NonZero" -> "int64";
            case "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Not" -> "bool";
            case "Cast" -> name((int) attribute(node, "to").getI());
            case "Constant", "ConstantOfShape" ->
                name(attribute(node, "value").getT().getDataType());
            case "Where" -> input(node, 1);
            // The state that goes round, as the exporter writes loops.
            case "Loop" -> input(node, 2);
            default -> Bookkeeping.mayBe(node.getOpType()) ? input(node, 0) : UNKNOWN;
        };
    }

    private static AttributeProto attribute(NodeProto node, String name) {
        return node.getAttributeList().stream()
                .filter(attribute -> attribute.getName().equals(name))
                .findFirst()
                .orElse(AttributeProto.getDefaultInstance());
    }

    private String input(NodeProto node, int index) {
        return node.getInputCount() > index ? values.getOrDefault(node.getInput(index), UNKNOWN) : UNKNOWN;
    }

    /** In ONNX's words, as in ONNX Runtime's profiles; the exception, {@code float}, is not a type of bookkeeping. */
    private static String name(int type) {
        TensorProto.DataType known = TensorProto.DataType.forNumber(type);
        return known == null ? UNKNOWN : known.name().toLowerCase(Locale.ROOT);
    }
}
