package io.github.unipic.export.graphs;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.unipic.export.Flavor;
import io.github.unipic.export.Precision;
import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.export.checkpoint.CheckpointFolder;
import io.github.unipic.export.checkpoint.DType;
import io.github.unipic.export.checkpoint.SafetensorsWriter;
import io.github.unipic.export.modules.Architecture.LanguageModel;
import io.github.unipic.export.modules.Weights;
import io.github.unipic.export.onnx.ExternalData;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Uses a language model with three tokens of two numbers, whose head differs from its embedding. */
class TextGraphsTest {
    private static final String EMBEDDING = "llm.model.embed_tokens.weight";
    private static final String HEAD = "llm.lm_head.weight";

    @TempDir
    private Path folder;

    private final ExternalData data = new ExternalData();

    @BeforeEach
    void create() throws IOException {
        CheckpointFolder.create(folder);
        new SafetensorsWriter()
                .tensor(EMBEDDING, DType.FLOAT32, new long[] {3, 2}, 1, 2, 3, 4, 5, 6)
                .tensor(HEAD, DType.FLOAT32, new long[] {3, 2}, 10, 0, 0, 10, -1, -1)
                .write(folder.resolve("model.safetensors"));
    }

    private static LanguageModel sizes(boolean tied) {
        return new LanguageModel(3, 2, 1, 1, 1, 2, 4, 1e-6, 10000, 32768, tied);
    }

    private Weights weights(Checkpoint checkpoint) {
        return new Weights(checkpoint, data, "x.data", Flavor.PORTABLE, Precision.FP32, 32, "llm");
    }

    private OrtSession session(Graph graph) throws IOException, OrtException {
        try (OutputStream out = Files.newOutputStream(folder.resolve("x.data"))) {
            data.write("x.data", out, bytes -> {});
        }
        Path file = Files.write(
                folder.resolve("graph.onnx"), graph.toModel("test", "1").toByteArray());
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            return OnnxRuntime.environment().createSession(file.toString(), options);
        }
    }

    private static float[] values(OrtSession.Result result) {
        FloatBuffer buffer = ((OnnxTensor) result.get(0)).getFloatBuffer();
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        return values;
    }

    @ParameterizedTest
    @CsvSource({"true, 5, 11, 17", "false, 10, 20, -3"})
    void theHeadIsTheEmbeddingOnlyWhereItIsTied(boolean tied, float first, float second, float third)
            throws IOException, OrtException {
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            Graph graph = TextGraphs.head(weights(checkpoint), sizes(tied));
            assertThat(checkpoint.unused()).contains(tied ? HEAD : EMBEDDING).doesNotContain(tied ? EMBEDDING : HEAD);
            try (OrtSession session = session(graph);
                    OnnxTensor hidden = OnnxTensor.createTensor(
                            OnnxRuntime.environment(), FloatBuffer.wrap(new float[] {1, 2}), new long[] {1, 2});
                    OrtSession.Result result = session.run(Map.of("hidden", hidden))) {
                assertThat(values(result)).containsExactly(first, second, third);
            }
        }
    }

    @Test
    void idsAreRowsOfTheEmbedding() throws IOException, OrtException {
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            Graph graph = TextGraphs.embedding(weights(checkpoint), sizes(false));
            assertThat(graph.outputs().get(0).shape()).isEqualTo(List.of("B", "S", "2"));
            try (OrtSession session = session(graph);
                    OnnxTensor ids = OnnxTensor.createTensor(
                            OnnxRuntime.environment(), LongBuffer.wrap(new long[] {2, 0}), new long[] {1, 2});
                    OrtSession.Result result = session.run(Map.of("ids", ids))) {
                assertThat(values(result)).containsExactly(5, 6, 1, 2);
            }
        }
    }
}
