package io.github.unipic.export.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import io.github.unipic.export.onnx.ExternalData.Placement;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * An ONNX graph under construction: inputs, constants and weights come from here, operators are methods of
 * {@link Value}. Large weights are not in memory: the graph has only their positions in a {@code .data} file.
 *
 * <p>Not thread-safe.
 */
public final class Graph {
    /** Operator set of the exported graphs: the first with Attention, RotaryEmbedding and RMSNormalization. */
    public static final int OPSET = 23;

    /**
     * Operator set of the graphs with InstanceNormalization: opset 22 has a new version of it, for which ONNX Runtime's
     * CUDA provider has no kernel, so that the CPU would run it.
     */
    public static final int INSTANCE_NORM_OPSET = 21;

    /** The version of the ONNX intermediate representation for opset 23. */
    private static final int IR_VERSION = 11;

    private static final String CONTRIB_DOMAIN = "com.microsoft";

    /** An input or output of a graph. Axes are numbers or names, for example {@code ["B", "3", "H", "W"]}. */
    public record Port(String name, ElementType type, List<String> shape) {
        static Port of(String name, ElementType type, Object... axes) {
            return new Port(name, type, Arrays.stream(axes).map(String::valueOf).toList());
        }
    }

    private final String name;
    private final int opset;
    private final Optional<Graph> outer;
    private final GraphProto.Builder proto = GraphProto.newBuilder();
    private final Map<String, Value> constants = new LinkedHashMap<>();
    private final List<Port> inputs = new ArrayList<>();
    private final List<Port> outputs = new ArrayList<>();
    private final Set<String> dataFiles = new LinkedHashSet<>();
    private final AtomicInteger counter;
    private boolean contrib;
    private int blockSize;
    private String scope = "";

    public Graph(String name) {
        this(name, OPSET);
    }

    /** @param opset {@link #OPSET}, or {@link #INSTANCE_NORM_OPSET} */
    public Graph(String name, int opset) {
        this(name, opset, Optional.empty());
    }

    private Graph(String name, int opset, Optional<Graph> outer) {
        this.name = name;
        this.opset = opset;
        this.outer = outer;
        this.counter = outer.map(graph -> graph.counter).orElseGet(AtomicInteger::new);
        proto.setName(name);
    }

    public String name() {
        return name;
    }

    public List<Port> inputs() {
        return List.copyOf(inputs);
    }

    public List<Port> outputs() {
        return List.copyOf(outputs);
    }

    /** The {@code .data} files with the graph's weights. */
    public List<String> dataFiles() {
        return List.copyOf(dataFiles);
    }

    /** Declares an input. Axes are Integers, Longs or Strings; a String names an axis whose length varies. */
    public Value input(String inputName, ElementType type, Object... axes) {
        Port port = Port.of(inputName, type, axes);
        inputs.add(port);
        proto.addInput(valueInfo(port));
        return new Value(this, inputName, type);
    }

    /** Declares an output under its public name. */
    public void output(String outputName, Value value, Object... axes) {
        Port port = Port.of(outputName, value.type(), axes);
        outputs.add(port);
        proto.addOutput(valueInfo(port));
        proto.addNode(NodeProto.newBuilder()
                .setOpType("Identity")
                .setName("output/" + outputName)
                .addInput(value.name())
                .addOutput(outputName));
    }

    /** Runs {@code module} with the node names prefixed, so that profiles and errors name the part. */
    public <T> T scope(String prefix, Supplier<T> module) {
        String before = scope;
        scope = before + prefix + "/";
        try {
            return module.get();
        } finally {
            scope = before;
        }
    }

    // ---- constants and weights

    /** A weight in a {@code .data} file. */
    public Value weight(Placement placement) {
        Graph top = outermost();
        return top.constants
                .computeIfAbsent(placement.name(), key -> {
                    TensorProto.Builder tensor = TensorProto.newBuilder()
                            .setName(key)
                            .setDataType(placement.type().onnx())
                            .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                            .addExternalData(entry("location", placement.file()))
                            .addExternalData(entry("offset", Long.toString(placement.offset())))
                            .addExternalData(entry("length", Long.toString(placement.bytes())));
                    for (long axis : placement.shape()) {
                        tensor.addDims(axis);
                    }
                    top.proto.addInitializer(tensor);
                    top.dataFiles.add(placement.file());
                    return new Value(top, key, placement.type());
                })
                .in(this);
    }

    /** A weight that is stored in one type and computed with in another; cast once, also for loop bodies. */
    public Value weight(Placement placement, ElementType type) {
        Value stored = weight(placement);
        if (stored.type() == type) {
            return stored;
        }
        Graph top = outermost();
        return top.constants
                .computeIfAbsent(
                        placement.name() + " as " + type, key -> stored.in(top).cast(type))
                .in(this);
    }

    public Value int64(long... values) {
        ByteBuffer data = little(values.length * Long.BYTES);
        data.asLongBuffer().put(values);
        return constant(ElementType.INT64, data, "int64" + Arrays.toString(values), values.length);
    }

    public Value float32(float... values) {
        ByteBuffer data = little(values.length * Float.BYTES);
        data.asFloatBuffer().put(values);
        return constant(ElementType.FLOAT32, data, "float32" + Arrays.toString(values), values.length);
    }

    /** {@code length} times the same value. */
    public Value constant(ElementType type, int length, float value) {
        float[] values = new float[length];
        Arrays.fill(values, value);
        return constant(type, values);
    }

    /** A vector. */
    public Value constant(ElementType type, float[] values) {
        Graph top = outermost();
        return float32(values).in(top).cast(type).in(this);
    }

    /** A zero-dimensional constant. */
    public Value scalar(double value, ElementType type) {
        ByteBuffer data = little(type.bytes());
        switch (type) {
            case FLOAT32 -> data.putFloat(0, (float) value);
            case FLOAT16 -> data.putShort(0, ai.onnxruntime.platform.Fp16Conversions.floatToFp16((float) value));
            case INT64 -> data.putLong(0, (long) value);
            case BOOL, INT8, UINT8 -> data.put(0, (byte) value);
            default -> throw new IllegalArgumentException("No constants of type " + type + " are needed.");
        }
        return constant(type, data, type.label() + value);
    }

    /**
     * The sum of weights and constants, at least one. It is computed outside loops, where ONNX Runtime does it once,
     * when it loads the graph.
     */
    public Value sumOfConstants(List<Value> terms) {
        Graph top = outermost();
        return terms.stream()
                .map(term -> term.in(top))
                .reduce(Value::add)
                .orElseThrow()
                .in(this);
    }

    private Value constant(ElementType type, ByteBuffer data, String key, long... shape) {
        Graph top = outermost();
        return top.constants
                .computeIfAbsent(key, unused -> {
                    String constantName = "const_" + top.constants.size();
                    TensorProto.Builder tensor = TensorProto.newBuilder()
                            .setName(constantName)
                            .setDataType(type.onnx())
                            .setRawData(ByteString.copyFrom(data));
                    for (long axis : shape) {
                        tensor.addDims(axis);
                    }
                    top.proto.addInitializer(tensor);
                    return new Value(top, constantName, type);
                })
                .in(this);
    }

    /** Stands for an optional input that is left out. */
    Value absent() {
        return new Value(this, "", ElementType.FLOAT32);
    }

    // ---- operators

    /** Joins values along an axis. */
    public Value concat(int axis, Value... values) {
        return node("Concat", values[0].type(), List.of(values), Attribute.of("axis", axis));
    }

    /** 0, 1, ..., length - 1 as int64; {@code length} is int64 [1]. */
    public Value range(Value length) {
        ElementType int64 = ElementType.INT64;
        return node("Range", int64, List.of(scalar(0, int64), length.squeeze(0), scalar(1, int64)));
    }

    /**
     * Repeats {@code body} with a state that each iteration replaces.
     *
     * @param iterations int64 [1]
     * @param body gets the loop body's graph, the iteration (int64 scalar, from 0) and the state; returns the new
     *     state. Values of this graph are usable inside after {@link Value#in}
     */
    public Value loop(Value iterations, Value state, LoopBody body) {
        Graph inner = new Graph("body_" + counter.getAndIncrement(), opset, Optional.of(this));
        Value iteration = inner.input("turn_" + counter.get(), ElementType.INT64);
        inner.input("proceed_" + counter.get(), ElementType.BOOL);
        Value before = inner.bodyPort("state_" + counter.get(), state.type());
        Value after = body.apply(inner, iteration, before);
        // Whether to go on. As a constant it need not come back from a GPU in every iteration.
        inner.bodyOutput(inner.scalar(1, ElementType.BOOL));
        inner.bodyOutput(after);
        return node(
                "Loop",
                state.type(),
                List.of(iterations.squeeze(0), absent(), state),
                Attribute.of("body", inner.proto.build()));
    }

    /** One iteration of {@link #loop}. */
    @FunctionalInterface
    public interface LoopBody {
        Value apply(Graph body, Value iteration, Value state);
    }

    private Value bodyPort(String portName, ElementType type) {
        proto.addInput(ValueInfoProto.newBuilder()
                .setName(portName)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder().setElemType(type.onnx()))));
        return new Value(this, portName, type);
    }

    private void bodyOutput(Value value) {
        Value identity = node("Identity", value.type(), List.of(value));
        proto.addOutput(ValueInfoProto.newBuilder()
                .setName(identity.name())
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(value.type().onnx()))));
    }

    Value node(String operator, ElementType resultType, List<Value> arguments, Attribute... attributes) {
        return nodes(operator, 1, resultType, arguments, attributes).get(0);
    }

    List<Value> nodes(
            String operator, int results, ElementType resultType, List<Value> arguments, Attribute... attributes) {
        String id = scope + operator + "_" + counter.getAndIncrement();
        NodeProto.Builder node = NodeProto.newBuilder().setOpType(operator).setName(id);
        arguments.forEach(argument -> node.addInput(argument.name()));
        for (Attribute attribute : attributes) {
            node.addAttribute(attribute.proto());
        }
        List<Value> values = new ArrayList<>();
        for (int i = 0; i < results; i++) {
            Value value = new Value(this, results == 1 ? id : id + ":" + i, resultType);
            node.addOutput(value.name());
            values.add(value);
        }
        proto.addNode(node);
        return values;
    }

    /** An operator of ONNX Runtime's own (com.microsoft): the graph is then no longer portable. */
    Value contrib(String operator, ElementType resultType, List<Value> arguments, Attribute... attributes) {
        outermost().contrib = true;
        Value result = node(operator, resultType, arguments, attributes);
        proto.getNodeBuilder(proto.getNodeCount() - 1).setDomain(CONTRIB_DOMAIN);
        return result;
    }

    /** As {@link #contrib}, an operator that takes what {@code quantizer} makes. */
    Value blockwise(
            String operator,
            ElementType resultType,
            List<Value> arguments,
            BlockQuantizer quantizer,
            Attribute... attributes) {
        Graph top = outermost();
        top.blockSize = Math.max(top.blockSize, quantizer.size());
        Attribute bits = Attribute.of("bits", quantizer.bits());
        Attribute size = Attribute.of("block_size", quantizer.size());
        return contrib(
                operator,
                resultType,
                arguments,
                Stream.concat(Stream.of(bits, size), Arrays.stream(attributes)).toArray(Attribute[]::new));
    }

    /** Values in the largest quantized blocks of the graph's weights; 0 when none are in blocks. */
    public int blockSize() {
        return blockSize;
    }

    /** Whether the graph keeps to the operators of the ONNX standard. */
    public boolean isPortable() {
        return !contrib;
    }

    private Graph outermost() {
        return outer.map(Graph::outermost).orElse(this);
    }

    /** The finished model. */
    public ModelProto toModel(String producer, String version) {
        ModelProto.Builder model = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName(producer)
                .setProducerVersion(version)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset))
                .setGraph(proto);
        if (contrib) {
            model.addOpsetImport(
                    OperatorSetIdProto.newBuilder().setDomain(CONTRIB_DOMAIN).setVersion(1));
        }
        return model.build();
    }

    private static ValueInfoProto valueInfo(Port port) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (String axis : port.shape()) {
            TensorShapeProto.Dimension.Builder dimension = TensorShapeProto.Dimension.newBuilder();
            boolean fixed = axis.chars().allMatch(Character::isDigit);
            shape.addDim(fixed ? dimension.setDimValue(Long.parseLong(axis)) : dimension.setDimParam(axis));
        }
        return ValueInfoProto.newBuilder()
                .setName(port.name())
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(port.type().onnx())
                                .setShape(shape)))
                .build();
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
