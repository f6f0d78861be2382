package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.github.unipic.export.ExportException;
import io.github.unipic.export.Precision;
import io.github.unipic.export.Precisions;
import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.export.checkpoint.CheckpointTensor;
import io.github.unipic.generation.LanguageModel;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.runtime.TestExecution;
import io.github.unipic.testing.Folders;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The matrices of an int4 folder that are in blocks, and the size of these. The small model's rows have 64 and 160
 * values.
 */
class BlockSizeTest {
    private static final int LAYERS = 2;

    @TempDir
    private Path folder;

    private static Precisions int4(int blockSize) {
        return new Precisions(Precision.INT4, Map.of(), blockSize);
    }

    @ParameterizedTest
    @ValueSource(ints = {32, 64, 128})
    void theLanguageModelsMatricesAreTheCheckpointsInBlocks(int size) throws IOException {
        Path model = SmallCheckpoint.model(int4(size));
        List<Product> products = products(model, "decoder_step", "MatMulNBits");
        assertThat(products).filteredOn(product -> product.k == 64).hasSize(3 * LAYERS);
        assertThat(products).filteredOn(product -> product.k == 160).hasSize(LAYERS);
        List<Product> tables = new ArrayList<>(products(model, "text_head", "MatMulNBits"));
        tables.addAll(products(model, "text_embedding", "GatherBlockQuantized"));
        assertThat(tables).hasSize(2).extracting(Product::bits).containsOnly(8);
        try (Checkpoint checkpoint = Checkpoint.open(SmallCheckpoint.folder())) {
            Stream.concat(products.stream(), tables.stream()).forEach(product -> {
                assertThat(product.blockSize).isEqualTo(Math.min(size, product.k == 64 ? 64 : 128));
                assertQuantizes(product, checkpoint);
            });
        }
    }

    /** Each value is off by half a scale at most, but for the few that are clipped. */
    private static void assertQuantizes(Product product, Checkpoint checkpoint) {
        float[] expected = matrix(product.name, product.k, checkpoint);
        assertThat(expected.length % product.k).isZero();
        int rows = expected.length / product.k;
        int blocks = (product.k + product.blockSize - 1) / product.blockSize;
        assertThat(product.scales).hasSize(rows * blocks);
        assertThat(product.values).hasSize(rows * blocks * product.blockSize * product.bits / 8);
        double worst = 0;
        double squares = 0;
        for (int i = 0; i < expected.length; i++) {
            int block = i / product.k * blocks + i % product.k / product.blockSize;
            int at = block * product.blockSize + i % product.k % product.blockSize;
            float scale = product.scales[block];
            double off = (product.integer(at, i / product.k, block) * scale - expected[i]) / scale;
            worst = Math.max(worst, Math.abs(off));
            squares += off * off;
        }
        assertThat(worst).as(product.name).isLessThan(product.bits == 8 ? 1.001 : 3);
        // Rounding alone: an evenly spread error of half a scale has a mean square of 1/12.
        assertThat(squares / expected.length).as(product.name).isBetween(0.05, 0.12);
    }

    /** What ONNX Runtime makes of values, scales and zero points is what they stand for here. */
    @ParameterizedTest
    @ValueSource(ints = {32, 64})
    void aTableOfFourBitsIsReadAsItIsWritten(int size) throws IOException {
        Precision int4 = Precision.INT4;
        Path model =
                SmallCheckpoint.model(new Precisions(int4, Map.of("text_embedding", int4, "text_head", int4), size));
        Product table =
                products(model, "text_embedding", "GatherBlockQuantized").get(0);
        assertThat(table.bits).isEqualTo(4);
        float[] weights = table.dequantized();
        long[] ids = {0, 1, 5, 446, 447};
        float[] hidden = new float[table.k];
        Random random = new Random(3);
        for (int i = 0; i < hidden.length; i++) {
            hidden[i] = (float) random.nextGaussian();
        }
        try (Engine engine = Engine.open(ModelFolder.open(model, false), SmallModel.options())) {
            LanguageModel llm = new LanguageModel(TestExecution.of(engine));
            try (Tensor rows = llm.embed(new long[][] {ids});
                    Tensor asked = Tensor.floats(hidden, 1, table.k);
                    Tensor logits = llm.logits(asked)) {
                float[] expected = new float[ids.length * table.k];
                for (int i = 0; i < ids.length; i++) {
                    System.arraycopy(weights, (int) ids[i] * table.k, expected, i * table.k, table.k);
                }
                assertThat(rows.toFloats()).usingComparatorWithPrecision(1e-6f).containsExactly(expected);
                assertThat(relativeError(logits.toFloats(), product(weights, hidden)))
                        .isLessThan(0.02);
            }
        }
    }

    private static double[] product(float[] matrix, float[] vector) {
        double[] result = new double[matrix.length / vector.length];
        for (int i = 0; i < matrix.length; i++) {
            result[i / vector.length] += (double) matrix[i] * vector[i % vector.length];
        }
        return result;
    }

    private static double relativeError(float[] actual, double[] expected) {
        double off = 0;
        double all = 0;
        for (int i = 0; i < expected.length; i++) {
            off += Math.pow(actual[i] - expected[i], 2);
            all += Math.pow(expected[i], 2);
        }
        return Math.sqrt(off / all);
    }

    /** The matrices that a weight's name lists, one below the other. */
    private static float[] matrix(String name, int k, Checkpoint checkpoint) {
        List<float[]> parts = Arrays.stream(name.split("\\+"))
                .map(part -> part.replaceAll("\\.blocks.*", ""))
                .map(part -> {
                    CheckpointTensor tensor = checkpoint.require(part, rows(part), k);
                    float[] values = new float[Math.toIntExact(tensor.elementCount())];
                    tensor.read(0, values, 0, values.length);
                    return values;
                })
                .toList();
        float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
        int at = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    private static long rows(String tensor) {
        Map<String, Long> widths = Map.of("k_proj", 32L, "v_proj", 32L, "gate_proj", 160L, "up_proj", 160L);
        String[] path = tensor.split("\\.");
        return tensor.contains("embed_tokens") ? 448 : widths.getOrDefault(path[path.length - 2], 64L);
    }

    @Test
    void theManifestSaysTheSizeWhereThereAreBlocks() throws IOException {
        Path model = SmallCheckpoint.model(int4(128));
        Map<String, GraphSpec> graphs =
                ModelFolder.open(model, false).manifest().graphs();
        assertThat(graphs.get("decoder_step").precision()).isEqualTo("int4");
        assertThat(graphs.get("decoder_step").blockSize()).isEqualTo(128);
        assertThat(graphs.get("text_head").blockSize()).as("rows of 64").isEqualTo(64);
        assertThat(graphs.get("mar_decoder").blockSize()).isZero();
        String manifest = Files.readString(model.resolve("unipic.json"));
        assertThat(manifest).containsOnlyOnce("\"block_size\" : 128").doesNotContain("\"block_size\" : 0");
    }

    /** Folders of earlier exports do not say it. */
    @Test
    void aManifestWithoutTheSizeIsRead() throws IOException {
        Path manifest = Folders.copy(SmallCheckpoint.model(int4(64)), folder.resolve("model"))
                .resolve("unipic.json");
        Files.writeString(manifest, Files.readString(manifest).replaceAll("\"block_size\" : \\d+,", ""));
        GraphSpec graph = ModelFolder.open(manifest.getParent(), false)
                .manifest()
                .graphs()
                .get("decoder_step");
        assertThat(graph.blockSize()).isZero();
        assertThat(graph.precision()).isEqualTo("int4");
    }

    @Test
    void sizesThatCannotBeAreRefused() {
        for (int size : new int[] {-32, 0, 16, 48, 256}) {
            assertThatExceptionOfType(ExportException.class)
                    .isThrownBy(() -> int4(size))
                    .withMessage("--int4-block " + size + " is not a valid block size; give 32, 64 or 128.");
        }
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> new Precisions(Precision.INT8, Map.of(), 64))
                .withMessage("--int4-block 64 is for int4, and no graph is in int4; add --precision int4, or leave it"
                        + " out.");
        assertThat(new Precisions(Precision.FP32, Map.of("decoder_step", Precision.INT4), 64).blockSize())
                .isEqualTo(64);
    }

    /** An operator over blocks, and the weights it reads as they lie in the folder. */
    private record Product(String name, int k, int bits, int blockSize, byte[] values, float[] scales, byte[] zeros) {
        /** The integer at a place of a block of a row, less the zero point. */
        int integer(int at, int row, int block) {
            if (bits == 8) {
                return Byte.toUnsignedInt(values[at]) - 128;
            }
            int blocks = (k + blockSize - 1) / blockSize;
            return nibble(values, at) - nibble(zeros, row * (blocks + blocks % 2) + block % blocks);
        }

        /** Of rows that are whole blocks. */
        float[] dequantized() {
            float[] weights = new float[scales.length * blockSize];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = integer(i, i / k, i / blockSize) * scales[i / blockSize];
            }
            return weights;
        }

        private static int nibble(byte[] bytes, int i) {
            return bytes[i / 2] >> 4 * (i % 2) & 15;
        }
    }

    private static List<Product> products(Path model, String graph, String operator) throws IOException {
        GraphProto proto = ModelProto.parseFrom(Files.readAllBytes(model.resolve(graph + ".onnx")))
                .getGraph();
        Map<String, TensorProto> weights =
                proto.getInitializerList().stream().collect(Collectors.toMap(TensorProto::getName, weight -> weight));
        List<Product> products = new ArrayList<>();
        for (NodeProto node : proto.getNodeList()) {
            if (node.getOpType().equals(operator)) {
                Map<String, Integer> attributes = new HashMap<>();
                for (AttributeProto attribute : node.getAttributeList()) {
                    attributes.put(attribute.getName(), (int) attribute.getI());
                }
                boolean gather = operator.startsWith("Gather");
                TensorProto values = weights.get(node.getInput(gather ? 0 : 1));
                ByteBuffer scales = ByteBuffer.wrap(bytes(model, weights.get(node.getInput(2))))
                        .order(ByteOrder.LITTLE_ENDIAN);
                float[] floats = new float[scales.remaining() / Float.BYTES];
                scales.asFloatBuffer().get(floats);
                int bits = attributes.get("bits");
                products.add(new Product(
                        values.getName(),
                        gather ? (int) values.getDims(1) * 8 / bits : attributes.get("K"),
                        bits,
                        attributes.get("block_size"),
                        bytes(model, values),
                        floats,
                        bits == 8 ? new byte[0] : bytes(model, weights.get(node.getInput(3)))));
            }
        }
        return products;
    }

    private static byte[] bytes(Path model, TensorProto weight) throws IOException {
        Map<String, String> place = weight.getExternalDataList().stream()
                .collect(Collectors.toMap(StringStringEntryProto::getKey, StringStringEntryProto::getValue));
        int offset = Integer.parseInt(place.get("offset"));
        byte[] file = Files.readAllBytes(model.resolve(place.get("location")));
        return Arrays.copyOfRange(file, offset, offset + Integer.parseInt(place.get("length")));
    }
}
