package io.github.unipic.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.unipic.ModelFormatException;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.Manifest.TensorSpec;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The manifest against a graph with inputs a float32 [N,3] and h float16 [2], and outputs b, which is a, and g, which
 * is h.
 */
class SessionContractTest {
    private static final TensorSpec A = tensor("a", "float32", "B", "3");
    private static final TensorSpec H = tensor("h", "float16", "2");
    private static final TensorSpec B = tensor("b", "float32", "B", "3");
    private static final TensorSpec G = tensor("g", "float16", "2");

    private static OrtSession session;

    private static TensorSpec tensor(String name, String type, String... shape) {
        return new TensorSpec(name, type, List.of(shape));
    }

    private static ValueInfoProto value(String name, int type, String... shape) {
        TensorShapeProto.Builder axes = TensorShapeProto.newBuilder();
        for (String axis : shape) {
            axes.addDim(
                    axis.matches("\\d+")
                            ? Dimension.newBuilder().setDimValue(Long.parseLong(axis))
                            : Dimension.newBuilder().setDimParam(axis));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(
                                TypeProto.Tensor.newBuilder().setElemType(type).setShape(axes)))
                .build();
    }

    private static NodeProto identity(String input, String output) {
        return NodeProto.newBuilder()
                .setOpType("Identity")
                .addInput(input)
                .addOutput(output)
                .build();
    }

    @BeforeAll
    static void open() throws OrtException {
        ModelProto model = ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(13))
                .setGraph(GraphProto.newBuilder()
                        .setName("graph")
                        .addNode(identity("a", "b"))
                        .addNode(identity("h", "g"))
                        .addInput(value("a", 1, "N", "3"))
                        .addInput(value("h", 10, "2"))
                        .addOutput(value("b", 1, "N", "3"))
                        .addOutput(value("g", 10, "2")))
                .build();
        session = OnnxRuntime.environment().createSession(model.toByteArray());
    }

    @AfterAll
    static void close() throws OrtException {
        session.close();
    }

    private static void check(List<TensorSpec> inputs, List<TensorSpec> outputs) throws OrtException {
        SessionContract.check(
                session, new GraphSpec("graph.onnx", List.of(), "float32", 0, "portable", inputs, outputs));
    }

    private static void assertWrong(List<TensorSpec> inputs, List<TensorSpec> outputs, String expected) {
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> check(inputs, outputs))
                .withMessageStartingWith("The manifest and the graph graph.onnx differ: the manifest gives it ")
                .withMessageEndingWith("; export the model again.")
                .withMessageContaining(expected)
                .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1));
    }

    @Test
    void theSameIsRight() throws OrtException {
        check(List.of(H, A), List.of(G, B));
    }

    @Test
    void everyInputMustBeInTheManifest() {
        assertWrong(List.of(A), List.of(B, G), "nothing of h");
    }

    @Test
    void anOutputThatTheManifestLeavesOutIsNotUsed() {
        assertThatCode(() -> check(List.of(A, H), List.of(B))).doesNotThrowAnyException();
    }

    @Test
    void whatTheManifestNamesMustBeThere() {
        assertWrong(List.of(A, H, tensor("c", "float32")), List.of(B, G), "no such tensor");
        assertWrong(List.of(A, H), List.of(B, G, tensor("c", "float32")), "no such tensor");
    }

    @ParameterizedTest
    @CsvSource({
        "float16, B, 3", // another type
        "int64, B, 3",
        "float32, B, 4", // another length
        "float32, B, C", // free in the manifest only
        "float32, 1, 3", // free in the graph only
    })
    void anInputIsAsTheManifestSays(String type, String first, String second) {
        assertWrong(List.of(tensor("a", type, first, second), H), List.of(B, G), "a ");
    }

    @Test
    void aTensorHasAsManyAxes() {
        assertWrong(List.of(tensor("a", "float32", "B"), H), List.of(B, G), "a ");
        assertWrong(List.of(tensor("a", "float32", "B", "3", "1"), H), List.of(B, G), "a ");
        assertWrong(List.of(A, H), List.of(tensor("b", "float32", "B", "3", "1"), G), "b ");
    }

    /** What ONNX Runtime makes of an output's shape may be less or more than the manifest says. */
    @ParameterizedTest
    @CsvSource({"1, 3", "B, C", "1, C"})
    void anOutputsFreeAxisMayHaveALength(String first, String second) {
        assertThatCode(() -> check(List.of(A, H), List.of(tensor("b", "float32", first, second), G)))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({"float32, B, 4", "float16, B, 3"})
    void anOutputsLengthsAndTypeMustBeThose(String type, String first, String second) {
        assertWrong(List.of(A, H), List.of(tensor("b", type, first, second), G), "b ");
    }
}
