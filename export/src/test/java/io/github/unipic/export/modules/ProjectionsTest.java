package io.github.unipic.export.modules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.unipic.export.Flavor;
import io.github.unipic.export.Precision;
import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.export.checkpoint.CheckpointFolder;
import io.github.unipic.export.checkpoint.DType;
import io.github.unipic.export.checkpoint.SafetensorsWriter;
import io.github.unipic.export.onnx.ElementType;
import io.github.unipic.export.onnx.ExternalData;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Projections of one input, exported together, give the same as the layers one by one. */
class ProjectionsTest {
    private static final int IN = 160;
    private static final int ROWS = 3;
    private static final List<String> NAMES = List.of("wide", "narrow", "last");

    @TempDir
    private Path folder;

    /** The third layer of a width of 16 is too narrow for blocks: then nothing is put together. */
    @ParameterizedTest
    @CsvSource({"INT4,32,48,1", "INT4,64,48,1", "INT4,128,48,1", "INT4,32,16,3", "INT8,32,48,3", "FP32,32,48,3"})
    void togetherGiveWhatEachGives(Precision precision, int blockSize, long last, int products)
            throws IOException, OrtException {
        List<Long> widths = List.of(64L, 32L, last);
        CheckpointFolder.create(folder);
        Random random = new Random(1);
        SafetensorsWriter file = new SafetensorsWriter();
        for (int i = 0; i < NAMES.size(); i++) {
            int out = Math.toIntExact(widths.get(i));
            String name = "llm." + NAMES.get(i);
            file.tensor(name + ".weight", DType.FLOAT32, new long[] {out, IN}, values(random, out * IN));
            file.tensor(name + ".bias", DType.FLOAT32, new long[] {out}, values(random, out));
        }
        file.write(folder.resolve("model.safetensors"));

        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            ExternalData data = new ExternalData();
            Weights weights = new Weights(checkpoint, data, "x.data", Flavor.PORTABLE, precision, blockSize, "llm");
            Graph graph = new Graph("both");
            Value x = graph.input("x", ElementType.FLOAT32, "B", IN);
            List<Value> together = new Projections(weights, NAMES, IN, widths, true).apply(x);
            long count = graph.toModel("test", "1").getGraph().getNodeList().stream()
                    .filter(node -> node.getOpType().startsWith("MatMul"))
                    .count();
            assertThat(count).isEqualTo(products);
            for (int i = 0; i < NAMES.size(); i++) {
                graph.output("together" + i, together.get(i), "B", widths.get(i));
                Value alone = new Linear(weights.at(NAMES.get(i)), IN, widths.get(i)).apply(x);
                graph.output("alone" + i, alone, "B", widths.get(i));
            }
            write(graph, data);
        }
        compare(values(random, ROWS * IN));
    }

    private static double[] values(Random random, int count) {
        return random.doubles(count, -1, 1).toArray();
    }

    private void write(Graph graph, ExternalData data) throws IOException {
        try (OutputStream out = Files.newOutputStream(folder.resolve("x.data"))) {
            data.write("x.data", out, bytes -> {});
        }
        ByteArrayOutputStream model = new ByteArrayOutputStream();
        graph.toModel("test", "1").writeTo(model);
        Files.write(folder.resolve("both.onnx"), model.toByteArray());
    }

    private void compare(double[] values) throws OrtException {
        float[] x = new float[values.length];
        IntStream.range(0, x.length).forEach(i -> x[i] = (float) values[i]);
        OrtEnvironment environment = OnnxRuntime.environment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
                OrtSession session =
                        environment.createSession(folder.resolve("both.onnx").toString(), options);
                OnnxTensor input = OnnxTensor.createTensor(environment, FloatBuffer.wrap(x), new long[] {ROWS, IN});
                OrtSession.Result result = session.run(Map.of("x", input))) {
            for (int i = 0; i < NAMES.size(); i++) {
                float[] together = floats(result, "together" + i);
                float[] alone = floats(result, "alone" + i);
                assertThat(alone).isNotEmpty();
                assertThat(together).containsExactly(alone, within(1e-5f));
            }
        }
    }

    private static float[] floats(OrtSession.Result result, String name) throws OrtException {
        FloatBuffer buffer = ((OnnxTensor) result.get(name).orElseThrow()).getFloatBuffer();
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        return values;
    }
}
