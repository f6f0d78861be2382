package io.github.unipic.export.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.unipic.fuzz.ByteMutator;
import io.github.unipic.fuzz.FuzzTarget;
import io.github.unipic.fuzz.JsonMutator;
import io.github.unipic.fuzz.Mutator;
import io.github.unipic.fuzz.SafetensorsMutator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A file of a checkpoint: opens the checkpoint and reads both ends of every tensor.
 *
 * @param layout puts the input into the folder of an otherwise good checkpoint
 */
public record CheckpointFuzz(String name, Mutator mutator, int mutations, Layout layout) implements FuzzTarget {
    private static final String CHECKPOINT = "checkpoint";
    private static final String INDEX = "model.safetensors.index.json";

    /** A good shard, where none may be taken from. */
    private static final String OUTSIDE = "outside.safetensors";

    private static final int ELEMENTS = 100;
    private static final int MAX_BYTES = 1 << 16;

    /** Instructions and names that a state dictionary's pickle is made of. */
    private static final String[] PICKLE = {
        "(",
        ")",
        "t",
        "R",
        "Q",
        "}",
        "]",
        "u",
        "s",
        "a",
        "e",
        "b",
        "0",
        "1",
        "2",
        "\u0085",
        "\u0086",
        "\u0087",
        "\u0088",
        "\u0089",
        "N",
        "h\0",
        "q\0",
        "\u0094",
        "\u0093",
        "J\u00ff\u00ff\u00ff\u007f",
        "\u008a\10\0\0\0\0\0\0\0\u0080",
        "X\4\0\0\0data",
        "X\u00ff\u00ff\u00ff\u007f",
        "B\u00ff\u00ff\u00ff\u007f",
        "ccollections\nOrderedDict\n",
        "ctorch._utils\n_rebuild_tensor_v2\n",
        "ctorch\nFloatStorage\n",
        "ctorch\nSize\n",
        "ctorch\nbfloat16\n",
        "cbuiltins\nset\n",
        "cos\nsystem\n",
        "."
    };

    /** Makes a checkpoint of an input. */
    @FunctionalInterface
    private interface Layout {
        void write(byte[] input, Path folder) throws IOException;
    }

    /** All of them. */
    public static List<FuzzTarget> targets() {
        return List.of(
                new CheckpointFuzz(
                        "torch", new ZipMutator(new ByteMutator().with(PICKLE)), 500, CheckpointFuzz::asTorchFile),
                new CheckpointFuzz("pickle", new ByteMutator().with(PICKLE), 800, CheckpointFuzz::asPickle),
                new CheckpointFuzz(
                        "safetensors",
                        new SafetensorsMutator(
                                "F32", "F16", "I64", "F8_E4M3", "dtype", "shape", "data_offsets", "__metadata__"),
                        600,
                        CheckpointFuzz::asSafetensors),
                new CheckpointFuzz(
                        "shard-index",
                        new JsonMutator("weight_map", "one.safetensors", "two.safetensors", "../" + OUTSIDE, "CON"),
                        400,
                        CheckpointFuzz::asShardIndex));
    }

    private static void asTorchFile(byte[] input, Path folder) throws IOException {
        Files.write(folder.resolve("pytorch_model.bin"), input);
    }

    private static void asPickle(byte[] input, Path folder) throws IOException {
        TorchFile file = new TorchFile().pickle(input);
        for (int i = 0; i < 8; i++) {
            file.record("data/" + i, new byte[48]);
        }
        file.write(folder.resolve("pytorch_model.bin"));
    }

    private static void asSafetensors(byte[] input, Path folder) throws IOException {
        Files.write(folder.resolve("model.safetensors"), input);
    }

    private static void asShardIndex(byte[] input, Path folder) throws IOException {
        if (Files.notExists(folder.resolve("two.safetensors"))) {
            shard("a", folder.resolve("one.safetensors"));
            shard("b", folder.resolve("two.safetensors"));
        }
        Files.write(folder.resolve(INDEX), input);
    }

    private static void shard(String tensor, Path file) throws IOException {
        new SafetensorsWriter()
                .tensor(tensor, DType.FLOAT32, new long[] {2}, 1, 2)
                .write(file);
    }

    @Override
    public void prepare(byte[] input, Path folder) throws IOException {
        Path checkpoint = folder.resolve(CHECKPOINT);
        if (Files.notExists(checkpoint)) {
            CheckpointFolder.create(checkpoint);
            new SafetensorsWriter()
                    .tensor("model.norm.weight", DType.FLOAT32, new long[] {1}, 1)
                    .write(checkpoint.resolve("language/model.safetensors"));
            shard("a", folder.resolve(OUTSIDE));
        }
        layout.write(input, checkpoint);
    }

    @Override
    public void read(byte[] input, Path folder) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(folder.resolve(CHECKPOINT))) {
            if (Files.exists(folder.resolve(CHECKPOINT).resolve(INDEX))) {
                requireShardsFromInside(input);
            }
            for (String name : checkpoint.names()) {
                read(checkpoint.require(name));
            }
            checkpoint.unused();
            checkpoint.generationConfig();
        }
    }

    /** As text, since Jackson takes names of bytes that are no UTF-8 where their hash is that of a name seen before. */
    private static void requireShardsFromInside(byte[] index) throws IOException {
        String json = new String(index, StandardCharsets.UTF_8);
        for (JsonNode shard : new ObjectMapper().readTree(json).path("weight_map")) {
            if (shard.asText().contains(OUTSIDE)) {
                throw new AssertionError("The shard " + shard + " was taken");
            }
        }
    }

    private static void read(CheckpointTensor tensor) {
        int some = (int) Math.min(ELEMENTS, tensor.elementCount());
        if (tensor.dtype().isFloatingPoint()) {
            tensor.read(0, new float[some], 0, some);
            tensor.read(tensor.elementCount() - some, new float[some], 0, some);
        } else if (tensor.elementCount() < MAX_BYTES) {
            tensor.bytes();
        }
        tensor.toString();
    }
}
