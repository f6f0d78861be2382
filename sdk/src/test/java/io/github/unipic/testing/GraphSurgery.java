package io.github.unipic.testing;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Changes an ONNX graph in place. Nodes are found by their operators and inputs, so that their numbers do not matter.
 */
public final class GraphSurgery {
    private final GraphProto.Builder graph;
    private int added;

    private GraphSurgery(GraphProto.Builder graph) {
        this.graph = graph;
    }

    /** The model with the change made. */
    public static byte[] on(byte[] model, Consumer<GraphSurgery> change) throws IOException {
        ModelProto.Builder builder = ModelProto.parseFrom(model).toBuilder();
        change.accept(new GraphSurgery(builder.getGraphBuilder()));
        return builder.build().toByteArray();
    }

    /** The loop's body. */
    public void body(Consumer<GraphSurgery> change) {
        AttributeProto.Builder body = attribute(only("Loop"), "body");
        change.accept(new GraphSurgery(body.getGBuilder()));
    }

    // ---- finding

    /** All nodes of an operator, in order. */
    public List<NodeProto.Builder> all(String operator) {
        List<NodeProto.Builder> found = graph.getNodeBuilderList().stream()
                .filter(node -> node.getOpType().equals(operator))
                .toList();
        if (found.isEmpty()) {
            throw new IllegalStateException("There is no " + operator + " in the graph.");
        }
        return found;
    }

    /** All nodes of an operator that read a value. */
    public List<NodeProto.Builder> all(String operator, String input) {
        return all(operator).stream()
                .filter(node -> node.getInputList().contains(input))
                .toList();
    }

    public NodeProto.Builder only(String operator) {
        return only(operator, all(operator));
    }

    public NodeProto.Builder only(String operator, String input) {
        return only(operator + " of " + input, all(operator, input));
    }

    /** The node that gives a value. */
    public NodeProto.Builder source(String value) {
        return only(
                "source of " + value,
                graph.getNodeBuilderList().stream()
                        .filter(node -> node.getOutputList().contains(value))
                        .toList());
    }

    private static NodeProto.Builder only(String what, List<NodeProto.Builder> found) {
        if (found.size() != 1) {
            throw new IllegalStateException("There are " + found.size() + " of " + what + ", not one.");
        }
        return found.get(0);
    }

    // ---- changing

    /** Makes the node hand on one of its inputs. */
    public void bypass(NodeProto.Builder node, int input) {
        String value = node.getInput(input);
        node.setOpType("Identity").clearAttribute().clearInput().addInput(value);
    }

    /** Gives each of two nodes' results the other's name. */
    public void exchangeOutputs(NodeProto.Builder one, NodeProto.Builder other) {
        String first = one.getOutput(0);
        one.setOutput(0, other.getOutput(0));
        other.setOutput(0, first);
    }

    /** Lets two weights of one shape take each other's place in the data. */
    public void exchangeWeights(String one, String other) {
        TensorProto.Builder first = weight(one);
        TensorProto.Builder second = weight(other);
        if (!first.getDimsList().equals(second.getDimsList())) {
            throw new IllegalStateException(one + " and " + other + " differ in shape.");
        }
        first.setName(other);
        second.setName(one);
    }

    private TensorProto.Builder weight(String name) {
        return graph.getInitializerBuilderList().stream()
                .filter(tensor -> tensor.getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("There is no weight " + name + "."));
    }

    /** Sets an attribute of every node of an operator. */
    public void setAll(String operator, AttributeProto value) {
        all(operator).forEach(node -> set(node, value));
    }

    public void set(NodeProto.Builder node, AttributeProto value) {
        remove(node, value.getName());
        node.addAttribute(value);
    }

    public void remove(NodeProto.Builder node, String attribute) {
        List<AttributeProto> kept = node.getAttributeList().stream()
                .filter(each -> !each.getName().equals(attribute))
                .toList();
        node.clearAttribute().addAllAttribute(kept);
    }

    /** Puts a node before another and gives its result's name. */
    public String before(NodeProto.Builder user, String operator, List<String> inputs, AttributeProto... attributes) {
        NodeProto.Builder node = node(operator, inputs, attributes);
        graph.addNode(graph.getNodeBuilderList().indexOf(user), node);
        return node.getOutput(0);
    }

    /** Renames a result of the graph where it is made, for another node to give it, and tells the new name. */
    public String takeOver(String result) {
        String name = "sabotaged_" + result;
        source(result).setOutput(0, name);
        return name;
    }

    /** Puts a node behind all others. */
    public void append(String result, String operator, List<String> inputs, AttributeProto... attributes) {
        graph.addNode(node(operator, inputs, attributes).setOutput(0, result));
    }

    /** Replaces an input of a node by what an operator makes of it and other values. */
    public void through(NodeProto.Builder user, int input, String operator, String... others) {
        List<String> inputs = new ArrayList<>(List.of(user.getInput(input)));
        inputs.addAll(List.of(others));
        user.setInput(input, before(user, operator, inputs));
    }

    private NodeProto.Builder node(String operator, List<String> inputs, AttributeProto... attributes) {
        String name = "sabotage_" + operator + "_" + added++;
        return NodeProto.newBuilder()
                .setOpType(operator)
                .setName(name)
                .addAllInput(inputs)
                .addOutput(name)
                .addAllAttribute(List.of(attributes));
    }

    /** An int64 constant [n]. */
    public String longs(long... values) {
        ByteBuffer data = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        data.asLongBuffer().put(values);
        return constant(TensorProto.DataType.INT64_VALUE, data, values.length);
    }

    /** A float32 constant [n]. */
    public String floats(float... values) {
        ByteBuffer data = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(values);
        return constant(TensorProto.DataType.FLOAT_VALUE, data, values.length);
    }

    private String constant(int type, ByteBuffer data, long length) {
        String name = "sabotage_constant_" + added++;
        graph.addInitializer(TensorProto.newBuilder()
                .setName(name)
                .setDataType(type)
                .addDims(length)
                .setRawData(ByteString.copyFrom(data)));
        return name;
    }

    private static AttributeProto.Builder attribute(NodeProto.Builder node, String name) {
        return node.getAttributeBuilderList().stream()
                .filter(attribute -> attribute.getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(node.getName() + " has no attribute " + name + "."));
    }

    public static AttributeProto attribute(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.INT)
                .setI(value)
                .build();
    }

    public static AttributeProto attribute(String name, float value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.FLOAT)
                .setF(value)
                .build();
    }

    public static AttributeProto attribute(String name, String value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value))
                .build();
    }

    public static AttributeProto attribute(String name, List<Long> values) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.INTS)
                .addAllInts(values)
                .build();
    }
}
