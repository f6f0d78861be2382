package io.github.unipic.export.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.github.unipic.export.onnx.ExternalData.Placement;
import io.github.unipic.export.onnx.GraphRun.Numbers;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The parts of a graph are written: ports, constants, weights, operator sets, names. */
class GraphTest {
    private final Graph graph = new Graph("test");

    private ModelProto model() {
        return graph.toModel("producer", "7");
    }

    private static List<String> initializers(ModelProto model) {
        return model.getGraph().getInitializerList().stream()
                .map(TensorProto::getName)
                .toList();
    }

    private static List<String> nodes(ModelProto model) {
        return model.getGraph().getNodeList().stream().map(NodeProto::getName).toList();
    }

    @Test
    void portsHaveNumbersAndNames() {
        Value x = graph.input("x", ElementType.FLOAT16, "B", 3, 8L, "8+V");
        graph.output("y", x, "B", 3);
        assertThat(graph.inputs())
                .containsExactly(new Graph.Port("x", ElementType.FLOAT16, List.of("B", "3", "8", "8+V")));
        assertThat(graph.outputs()).containsExactly(new Graph.Port("y", ElementType.FLOAT16, List.of("B", "3")));
        ValueInfoProto input = model().getGraph().getInput(0);
        assertThat(input.getName()).isEqualTo("x");
        assertThat(input.getType().getTensorType().getElemType()).isEqualTo(TensorProto.DataType.FLOAT16.getNumber());
        var axes = input.getType().getTensorType().getShape().getDimList();
        assertThat(axes.get(0).getDimParam()).isEqualTo("B");
        assertThat(axes.get(1).getDimValue()).isEqualTo(3);
        assertThat(axes.get(2).getDimValue()).isEqualTo(8);
        assertThat(axes.get(3).getDimParam()).isEqualTo("8+V");
        assertThat(model().getGraph().getOutput(0).getName()).isEqualTo("y");
        assertThat(nodes(model())).containsExactly("output/y");
    }

    @Test
    void saysWhatMadeItAndWhichOperatorsItNeeds() {
        ModelProto model = model();
        assertThat(model.getProducerName()).isEqualTo("producer");
        assertThat(model.getProducerVersion()).isEqualTo("7");
        assertThat(model.getIrVersion()).isEqualTo(11);
        assertThat(model.getGraph().getName()).isEqualTo(graph.name()).isEqualTo("test");
        assertThat(model.getOpsetImportList())
                .containsExactly(OperatorSetIdProto.newBuilder()
                        .setDomain("")
                        .setVersion(23)
                        .build());
        assertThat(graph.isPortable()).isTrue();
        assertThat(graph.blockSize()).isZero();
    }

    @Test
    void anOperatorOfOnnxRuntimesOwnIsNoLongerPortable() {
        Value x = graph.float32(1, 2).reshape(1, 1, 2);
        Value attended = x.multiHeadAttention(x, x, 1);
        assertThat(attended.type()).isEqualTo(ElementType.FLOAT32);
        assertThat(graph.isPortable()).isFalse();
        assertThat(model().getOpsetImport(1).getDomain()).isEqualTo("com.microsoft");
        assertThat(model().getOpsetImport(1).getVersion()).isEqualTo(1);
        assertThat(model().getGraph().getNodeList())
                .extracting(NodeProto::getDomain)
                .containsExactly("", "com.microsoft");
    }

    @Test
    void nodesCarryTheNameOfTheirPart() {
        Value x = graph.float32(1);
        Value inner = graph.scope("layers.0", () -> graph.scope("mlp", x::negate));
        Value outer = graph.scope("layers.1", inner::negate);
        outer.negate();
        assertThat(nodes(model())).containsExactly("layers.0/mlp/Neg_0", "layers.1/Neg_1", "Neg_2");
        assertThatIllegalStateException()
                .isThrownBy(() -> graph.scope("failing", () -> {
                    throw new IllegalStateException();
                }));
        assertThat(x.negate().name()).isEqualTo("Neg_3");
    }

    @Test
    void aConstantIsThereOnce() {
        Value one = graph.int64(1, 2);
        assertThat(graph.int64(1, 2).name()).isEqualTo(one.name());
        assertThat(graph.int64(2, 1).name()).isNotEqualTo(one.name());
        assertThat(graph.float32(1, 2).name()).isNotEqualTo(one.name());
        assertThat(initializers(model())).hasSize(3);
        TensorProto stored = model().getGraph().getInitializer(0);
        assertThat(stored.getDimsList()).containsExactly(2L);
        assertThat(stored.getDataType()).isEqualTo(TensorProto.DataType.INT64.getNumber());
    }

    @Test
    void scalarsOfEveryType() {
        List<Numbers> results = GraphRun.of(
                graph,
                graph.scalar(1.5, ElementType.FLOAT32),
                graph.scalar(2.5, ElementType.FLOAT16).mul(2),
                graph.scalar(-3, ElementType.INT64),
                graph.scalar(200, ElementType.UINT8),
                graph.scalar(-7, ElementType.INT8),
                graph.scalar(1, ElementType.BOOL),
                graph.constant(ElementType.FLOAT32, 2, 0.25f));
        assertThat(results)
                .containsExactly(
                        Numbers.of(List.of(), 1.5),
                        Numbers.of(List.of(), 5),
                        Numbers.of(List.of(), -3),
                        Numbers.of(List.of(), 200),
                        Numbers.of(List.of(), -7),
                        Numbers.of(List.of(), 1),
                        Numbers.of(List.of(2L), 0.25, 0.25));
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> graph.scalar(1, ElementType.BFLOAT16));
    }

    @Test
    void aWeightRefersToItsFileAndIsThereOnce() {
        Placement placement = new Placement("llm.w", "a.data", 4096, 24, ElementType.BFLOAT16, List.of(3L, 4L));
        Value stored = graph.weight(placement);
        assertThat(stored.name()).isEqualTo("llm.w");
        assertThat(stored.type()).isEqualTo(ElementType.BFLOAT16);
        assertThat(graph.weight(placement, ElementType.BFLOAT16).name()).isEqualTo("llm.w");
        Value cast = graph.weight(placement, ElementType.FLOAT32);
        assertThat(cast.type()).isEqualTo(ElementType.FLOAT32);
        assertThat(graph.weight(placement, ElementType.FLOAT32).name()).isEqualTo(cast.name());
        assertThat(nodes(model())).as("casts").hasSize(1);
        assertThat(graph.dataFiles()).containsExactly("a.data");
        TensorProto tensor = model().getGraph().getInitializer(0);
        assertThat(initializers(model())).containsExactly("llm.w");
        assertThat(tensor.getDimsList()).containsExactly(3L, 4L);
        assertThat(tensor.getDataType()).isEqualTo(TensorProto.DataType.BFLOAT16.getNumber());
        assertThat(tensor.getDataLocation()).isEqualTo(TensorProto.DataLocation.EXTERNAL);
        assertThat(tensor.getExternalDataList())
                .containsExactly(entry("location", "a.data"), entry("offset", "4096"), entry("length", "24"));
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    @Test
    void rangesCountFromZero() {
        assertThat(GraphRun.of(graph, graph.range(graph.int64(4))))
                .containsExactly(Numbers.of(List.of(4L), 0, 1, 2, 3));
    }

    /** (((1 * 2 + 0) * 2 + 1) * 2 + 2), with a constant and a weight's place in the outer graph. */
    @Test
    void aLoopReplacesItsStateAndSeesTheGraphAround() {
        Value two = graph.scalar(2, ElementType.INT64);
        Value state = graph.scalar(1, ElementType.INT64);
        Value result = graph.loop(graph.int64(3), state, (body, iteration, before) -> {
            Value constant = body.int64(9);
            assertThat(constant.graph()).isSameAs(body);
            assertThat(initializers(model())).as("constants of the whole").contains(constant.name());
            return before.mul(two.in(body)).add(iteration);
        });
        assertThat(GraphRun.of(graph, result)).containsExactly(Numbers.of(List.of(), 12));
    }

    @Test
    void theLargestBlocksAreKnownOfTheWholeGraph() {
        Value x = graph.float32(new float[64]).reshape(1, 64);
        Value state = graph.scalar(0, ElementType.FLOAT32);
        graph.loop(graph.int64(1), state, (body, iteration, before) -> {
            Value packed = body.scalar(0, ElementType.UINT8);
            Blocks wide = Blocks.of(List.of(packed, body.float32(1)), new BlockQuantizer(8, 64));
            Blocks narrow = Blocks.of(List.of(packed, body.float32(1)), new BlockQuantizer(8, 32));
            assertThat(x.in(body).matMulBlocks(wide, 64, 1).type()).isEqualTo(ElementType.FLOAT32);
            assertThat(body.int64(0).gatherBlocks(narrow).type()).isEqualTo(ElementType.FLOAT32);
            return before;
        });
        assertThat(graph.blockSize()).isEqualTo(64);
        assertThat(graph.isPortable()).isFalse();
    }
}
