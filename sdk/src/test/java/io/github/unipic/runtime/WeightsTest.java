package io.github.unipic.runtime;

import static io.github.unipic.model.GraphName.TEXT_HEAD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.github.unipic.ModelFormatException;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.provider.OnnxRuntime;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights in memory: of a file of 1000 bytes, in which the byte at i is i + i / 256. */
class WeightsTest {
    private static final String DATA = "text_embedding.data";
    private static final GraphSpec SPEC =
            new GraphSpec("graph.onnx", List.of(DATA), "float32", 0, "portable", List.of(), List.of());
    private static final int SIZE = 1000;

    @TempDir
    private static Path temporary;

    private static ModelFolder model;
    private static Path data;

    private final DataFiles files = new DataFiles(model);

    @BeforeAll
    static void copyModel() throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), temporary.resolve("model"));
        copy.replace(DATA, content(0));
        model = ModelFolder.open(copy.finish(), false);
        data = model.path().resolve(DATA);
        // ONNX Runtime wants such a file beside the graph, and must not read it.
        Files.write(temporary.resolve(DATA), new byte[SIZE]);
    }

    @BeforeEach
    void restore() throws IOException {
        Files.write(data, content(0));
    }

    private static byte[] content(int plus) {
        byte[] bytes = new byte[SIZE];
        for (int i = 0; i < SIZE; i++) {
            bytes[i] = (byte) (i + i / 256 + plus);
        }
        return bytes;
    }

    private static byte[] bytes(Memory memory) {
        return memory.getByteArray(0, SIZE);
    }

    @Test
    void aFileIsReadOnceAndAlignedAsIfItWereMapped() throws IOException {
        Memory content = files.acquire(DATA);
        assertThat(content.size()).isEqualTo(SIZE);
        assertThat(bytes(content)).isEqualTo(content(0));
        assertThat(Pointer.nativeValue(content) % 4096).isZero();
        Files.write(data, content(1));
        assertThat(files.acquire(DATA)).isSameAs(content);
        files.release(DATA);
        assertThat(files.acquire(DATA)).isSameAs(content);
        files.release(DATA);
        files.release(DATA);
        assertThat(bytes(files.acquire(DATA))).isEqualTo(content(1));
        files.release(DATA);
    }

    @Test
    void aFileThatHasBecomeShorterIsRefused() throws IOException {
        Files.write(data, Arrays.copyOf(content(0), 10));
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> files.acquire(DATA))
                .withMessageContainingAll(data.toString(), "it ends after 10 of 1000 bytes", "export or copy");
        Files.write(data, content(0), StandardOpenOption.TRUNCATE_EXISTING);
        assertThat(bytes(files.acquire(DATA))).isEqualTo(content(0));
        files.release(DATA);
    }

    @Test
    void aFileThatIsGoneIsRefused() throws IOException {
        Files.delete(data);
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> files.acquire(DATA))
                .withMessageContaining("NoSuchFileException");
    }

    @Test
    void aFileWithoutContentHasNone() throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), temporary.resolve("empty"));
        copy.replace(DATA, new byte[0]);
        DataFiles empty = new DataFiles(ModelFolder.open(copy.finish(), false));
        assertThat(empty.acquire(DATA).size()).isZero();
        empty.release(DATA);
    }

    /** A graph that gives one external weight as its output. */
    private Path graph(int type, int[] shape, String... external) throws IOException {
        TensorProto.Builder weight = ExternalTensorTest.tensor(
                        "w", type, Arrays.stream(shape).asLongStream().boxed().toList(), external)
                .setDataLocation(DataLocation.EXTERNAL);
        GraphProto.Builder graph = GraphProto.newBuilder()
                .setName("graph")
                .addInitializer(weight)
                .addNode(NodeProto.newBuilder()
                        .setOpType("Identity")
                        .addInput("w")
                        .addOutput("y"))
                .addOutput(ValueInfoProto.newBuilder()
                        .setName("y")
                        .setType(TypeProto.newBuilder()
                                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(type))));
        ModelProto model = ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(13))
                .setGraph(graph)
                .build();
        return Files.write(temporary.resolve("graph.onnx"), model.toByteArray());
    }

    private Path graph(int type, int elements, long offset, long length) throws IOException {
        return graph(
                type,
                new int[] {elements},
                "location",
                DATA,
                "offset",
                Long.toString(offset),
                "length",
                Long.toString(length));
    }

    private ByteBuffer read(Path graph, boolean lend) throws OrtException {
        try (Weights weights = Weights.read(files, graph, SPEC);
                SessionOptions options = new SessionOptions()) {
            // Or the graph, all of constants, is computed when it is opened.
            options.setOptimizationLevel(SessionOptions.OptLevel.NO_OPT);
            if (lend) {
                weights.lendTo(options);
            } else {
                weights.giveTo(options);
            }
            try (OrtSession session = OnnxRuntime.environment().createSession(graph.toString(), options);
                    OrtSession.Result result = session.run(Map.of())) {
                return ((OnnxTensor) result.get(0)).getByteBuffer();
            }
        }
    }

    /** So they may be closed. Another version of ONNX Runtime might use what it was given, on the CPU. */
    @Test
    void aSessionCopiesWhatItIsGiven() throws OrtException {
        ModelFolder model = ModelFolder.open(SmallModel.folder(), false);
        DataFiles own = new DataFiles(model);
        GraphSpec head = model.spec(TEXT_HEAD);
        try (Weights weights = Weights.read(own, model.file(TEXT_HEAD), head);
                SessionOptions options = new SessionOptions()) {
            options.addConfigEntry("session.disable_prepacking", "1");
            weights.giveTo(options);
            float[] values = new float[model.manifest().sizes().hidden()];
            Arrays.fill(values, 0.5f);
            try (OrtSession session = OnnxRuntime.environment()
                            .createSession(model.file(TEXT_HEAD).toString(), options);
                    Tensor input = Tensor.floats(values, 1, values.length)) {
                Map<String, OnnxTensor> inputs =
                        Map.of(session.getInputNames().iterator().next(), input.value());
                try (OrtSession.Result before = session.run(inputs)) {
                    for (String file : head.data()) {
                        Memory memory = own.acquire(file);
                        memory.setMemory(0, memory.size(), (byte) 1);
                    }
                    try (OrtSession.Result after = session.run(inputs)) {
                        assertThat(((OnnxTensor) after.get(0)).getByteBuffer())
                                .isEqualTo(((OnnxTensor) before.get(0)).getByteBuffer());
                    }
                }
            }
        }
    }

    private static ByteBuffer slice(int offset, int length) {
        return ByteBuffer.wrap(content(0)).slice(offset, length);
    }

    /** Of the file in memory, not of that beside the graph, whose bytes are zeros. */
    @ParameterizedTest
    @CsvSource({"1, 4", "2, 1", "3, 1", "6, 4", "7, 8", "10, 2", "11, 8", "16, 2"})
    void aSessionUsesTheBytesOfTheFile(int type, int size) throws IOException, OrtException {
        ByteBuffer read = read(graph(type, 2, 512, 2L * size), true);
        assertThat(read.order(ByteOrder.BIG_ENDIAN)).isEqualTo(slice(512, 2 * size));
    }

    /** Up to the last byte of the file. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theLastWeightEndsWithTheFile(boolean lend) throws IOException, OrtException {
        ByteBuffer read = read(graph(1, 100, SIZE - 400, 400), lend);
        assertThat(read.order(ByteOrder.BIG_ENDIAN)).isEqualTo(slice(SIZE - 400, 400));
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 997, 4, is not within its file", // one byte beyond the end
        "1, 1, 1000, 4, is not within its file",
        "1, 1, -4, 4, is not within its file",
        "1, 1, 9223372036854775807, 4, is not within its file",
        "1, 536870912, 0, 2147483648, is not within its file", // beyond Java's buffers
        "1, 2, 0, 4, of another size",
        "1, 1, 0, 8, of another size",
        "1, 1, 0, 6, of another size",
        "1, -1, 0, -4, ''",
        "8, 1, 0, 4, is of a type or in a file that is not known" // texts
    })
    void whatIsNotInTheFileIsRefused(int type, int elements, long offset, long length, String expected)
            throws IOException {
        Path graph = graph(type, elements, offset, length);
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> Weights.read(files, graph, SPEC))
                .withMessageContaining("The weights of " + graph + " cannot be read into memory: ")
                .withMessageContaining(expected);
        assertThatNothingIsHeld();
    }

    /** A file that is not held is read anew. */
    private void assertThatNothingIsHeld() throws IOException {
        Files.write(data, content(2));
        assertThat(bytes(files.acquire(DATA))).isEqualTo(content(2));
        files.release(DATA);
    }

    @Test
    void aFileThatTheManifestDoesNotNameIsRefused() throws IOException {
        Path graph = graph(1, new int[] {1}, "location", "../secret", "length", "4");
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> Weights.read(files, graph, SPEC))
                .withMessageContaining("w is of a type or in a file that is not known");
    }

    @Test
    void closingReleasesTheFile() throws IOException, OrtException {
        Weights weights = Weights.read(files, graph(1, 2, 0, 8), SPEC);
        Memory held = files.acquire(DATA);
        files.release(DATA);
        Files.write(data, content(1));
        assertThat(files.acquire(DATA)).isSameAs(held);
        files.release(DATA);
        weights.close();
        assertThatNothingIsHeld();
        weights.close();
    }

    @Test
    void axesAreMultiplied() throws IOException, OrtException {
        Path graph = graph(1, new int[] {2, 3, 4}, "location", DATA, "length", "96");
        assertThat(read(graph, true).order(ByteOrder.BIG_ENDIAN)).isEqualTo(slice(0, 96));
    }

    @Test
    void aProductThatOverflowsIsRefused() throws IOException {
        int[] shape = new int[9];
        Arrays.fill(shape, 1 << 30);
        Path graph = graph(1, shape, "location", DATA, "length", "4");
        assertThatExceptionOfType(ModelFormatException.class).isThrownBy(() -> Weights.read(files, graph, SPEC));
        assertThatNothingIsHeld();
    }
}
