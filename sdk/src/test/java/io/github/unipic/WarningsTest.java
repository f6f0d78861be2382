package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.github.unipic.runtime.provider.OnnxRuntime;
import io.github.unipic.testing.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * ONNX Runtime's warnings do not appear on the console; in a process of its own, because native code bypasses Java's
 * streams.
 */
class WarningsTest {
    /** The process under test. */
    static final class Main {
        public static void main(String[] args) throws OrtException {
            System.out.println(OnnxRuntime.environment().getVersion());
            OrtEnvironment.getEnvironment().createSession(args[0]).close();
        }
    }

    /** A program that uses ONNX Runtime itself, and before. */
    static final class Host {
        public static void main(String[] args) {
            OrtEnvironment.getEnvironment();
            System.out.println(OnnxRuntime.environment().getVersion());
        }
    }

    @Test
    void anEnvironmentThatIsThereStaysSilentlyAsItIs(@TempDir Path folder) throws IOException, InterruptedException {
        String output = ChildJvm.run(folder, Host.class, List.of(), List.of(), Map.of("ORT_DISABLE_TELEMETRY", "1"));

        assertThat(output).contains("1.").doesNotContain("logging level");
    }

    @Test
    void aGraphThatOnnxRuntimeWarnsOfIsOpenedSilently(@TempDir Path folder) throws IOException, InterruptedException {
        Path model = Files.write(folder.resolve("model.onnx"), withUnusedWeight());

        String output = ChildJvm.run(folder, Main.class, List.of(), List.of(model.toString()), Map.of());

        assertThat(output).contains("1.").doesNotContain("onnxruntime");
    }

    /** What the CPU's provider warns of, as CUDA's does of each ScatterND. */
    private static byte[] withUnusedWeight() {
        TypeProto type = TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(TensorProto.DataType.FLOAT_VALUE))
                .build();
        GraphProto graph = GraphProto.newBuilder()
                .setName("copy")
                .addNode(NodeProto.newBuilder()
                        .setOpType("Identity")
                        .addInput("x")
                        .addOutput("y"))
                .addInput(ValueInfoProto.newBuilder().setName("x").setType(type))
                .addOutput(ValueInfoProto.newBuilder().setName("y").setType(type))
                .addInitializer(TensorProto.newBuilder()
                        .setName("unused")
                        .setDataType(TensorProto.DataType.FLOAT_VALUE)
                        .addDims(1)
                        .addFloatData(1))
                .build();
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
                .setGraph(graph)
                .build()
                .toByteArray();
    }
}
