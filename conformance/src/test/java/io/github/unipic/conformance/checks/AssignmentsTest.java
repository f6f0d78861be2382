package io.github.unipic.conformance.checks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.github.unipic.ModelFormatException;
import io.github.unipic.conformance.report.Placement;
import io.github.unipic.conformance.report.Placement.Fallback;
import io.github.unipic.conformance.report.Placement.Share;
import io.github.unipic.model.GraphName;
import io.github.unipic.runtime.AssignedNode;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads what ONNX Runtime tells of a session's nodes. */
class AssignmentsTest {
    private static final String WEBGPU = "WebGpuExecutionProvider";

    /** A mask and a rotation of positions, of length tokens; then values. */
    private static final GraphProto GRAPH = GraphProto.newBuilder()
            .addInput(value("x", DataType.FLOAT))
            .addInput(value("past", DataType.INT64))
            .addInitializer(TensorProto.newBuilder().setName("one").setDataType(DataType.INT64.getNumber()))
            .addNode(node("shape", "Shape", "x"))
            .addNode(node("last", "Add", "shape:0", "one"))
            .addNode(node("mask", "LessOrEqual", "past", "last:0"))
            .addNode(node("both", "And", "mask:0", "mask:0"))
            .addNode(node("angle", "Cast", "last:0")
                    .addAttribute(AttributeProto.newBuilder().setName("to").setI(DataType.FLOAT.getNumber())))
            .addNode(node("turned", "Mul", "angle:0", "x"))
            .addNode(node("rounded", "Where", "both:0", "past", "one"))
            .addNode(node("loop", "Loop", "one", "", "past")
                    .addAttribute(AttributeProto.newBuilder()
                            .setName("body")
                            .setG(GraphProto.newBuilder()
                                    .addInput(value("turn", DataType.INT64))
                                    .addInput(value("proceed", DataType.BOOL))
                                    .addInput(value("state", DataType.INT64))
                                    .addNode(node("next", "Add", "state", "turn"))
                                    .addNode(node("scaled", "Mul", "turned:0", "x")))))
            .addNode(node("after", "Sub", "loop:0", "one"))
            .addNode(node("product", "MatMul", "turned:0", "x"))
            .build();

    private static final NodeTypes TYPES = NodeTypes.of(GRAPH);

    @TempDir
    private Path folder;

    @Test
    void typesFollowFromTheGraph() {
        assertThat(GRAPH.getNodeList().stream()
                        .filter(node -> TYPES.computes(node.getOpType(), node.getName()))
                        .map(NodeProto::getName))
                .containsExactly("angle", "turned", "loop", "product");
        assertThat(TYPES.computes("Add", "next")).isFalse();
        assertThat(TYPES.computes("Mul", "scaled")).isTrue();
    }

    /** Those that reorder shapes when the layout of images changes, and all others. */
    @Test
    void nodesThatOnnxRuntimeInserts() {
        assertThat(TYPES.computes("Gather", "Gather_token_5")).isFalse();
        assertThat(TYPES.computes("Transpose", "Transpose_token_5")).isTrue();
        assertThat(TYPES.computes("MemcpyToHost", "Memcpy")).isTrue();
    }

    /** ONNX Runtime 1.29 tells of WebGPU only the nodes that it inserts for another layout. */
    @Test
    void whatIsNotToldIsTheProviders() {
        List<AssignedNode> all = List.of(
                onCpu("Shape", "shape"), onCpu("Add", "last"), onCpu("Mul", "turned"), onCpu("MatMul", "product"));
        Placement placement = placement(
                List.of(
                        onCpu("Shape", "shape"),
                        onCpu("Mul", "turned"),
                        new AssignedNode(WEBGPU, "Transpose", "Transpose_token_1")),
                all,
                WEBGPU);
        assertThat(placement.graph()).isEqualTo("mar_decoder");
        assertThat(placement.shares()).containsExactly(share(PlacedNode.CPU, 2), share(WEBGPU, 3));
        assertThat(placement.fallbacks())
                .containsExactlyInAnyOrder(new Fallback("Shape", 1, false), new Fallback("Mul", 1, true));
        assertThat(placement.milliseconds()).isEmpty();
    }

    @Test
    void aProviderWithoutANodeHasNoShare() {
        List<AssignedNode> all = List.of(onCpu("MatMul", "product"));
        assertThat(placement(all, all, WEBGPU).shares()).containsExactly(share(PlacedNode.CPU, 1));
    }

    @Test
    void onTheCpuNothingIsAFallback() {
        List<AssignedNode> all = List.of(onCpu("MatMul", "product"));
        assertThat(placement(all, all, PlacedNode.CPU).fallbacks()).isEmpty();
    }

    /** In the exporter's own graphs, what makes positions and masks is told from what computes. */
    @Test
    void graphsOfAModel() {
        NodeTypes decoder = NodeTypes.read(SmallModel.folder().resolve("decoder_step.onnx"));
        assertThat(decoder.computes("Unsqueeze", "context/Unsqueeze_19")).isFalse();
        assertThat(decoder.computes("Unsqueeze", "unknown")).isTrue();
    }

    @Test
    void aDamagedGraphIsNamed() throws IOException {
        Path file = Files.write(folder.resolve("head.onnx"), new byte[] {1, 2, 3});
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> NodeTypes.read(file))
                .withMessageContaining("head.onnx");
    }

    private static Placement placement(List<AssignedNode> assigned, List<AssignedNode> all, String provider) {
        return Assignments.placement(GraphName.MAR_DECODER, assigned, all, provider, TYPES);
    }

    private static AssignedNode onCpu(String operator, String name) {
        return new AssignedNode(PlacedNode.CPU, operator, name);
    }

    private static Share share(String provider, int nodes) {
        return new Share(provider, nodes, OptionalDouble.empty());
    }

    private static NodeProto.Builder node(String name, String operator, String... inputs) {
        return NodeProto.newBuilder()
                .setName(name)
                .setOpType(operator)
                .addAllInput(List.of(inputs))
                .addOutput(name + ":0");
    }

    private static ValueInfoProto value(String name, DataType type) {
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder().setElemType(type.getNumber())))
                .build();
    }
}
