package io.github.unipic.model;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import io.github.unipic.fuzz.ByteMutator;
import io.github.unipic.fuzz.Mutator;
import io.github.unipic.generation.LanguageModel;
import io.github.unipic.model.Manifest.FileSpec;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.TestExecution;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/** A graph, and the location that it gives for its weights: the token embedding's. The manifest matches the file. */
public final class GraphFuzz extends ModelFuzz {
    private static final String FILE = GraphName.TEXT_EMBEDDING.label() + ".onnx";

    @Override
    public String name() {
        return "graph";
    }

    @Override
    public int mutations() {
        return 30;
    }

    @Override
    public Mutator mutator() {
        return new GraphMutator();
    }

    @Override
    public List<byte[]> corpus() throws IOException {
        byte[] graph = Files.readAllBytes(SmallModel.folder().resolve(FILE));
        return Stream.concat(Stream.of(graph, forOneRow(graph)), super.corpus().stream())
                .toList();
    }

    /** With an input whose first axis is 1, where the manifest has it free. */
    private static byte[] forOneRow(byte[] graph) throws InvalidProtocolBufferException {
        ModelProto.Builder model = ModelProto.parseFrom(graph).toBuilder();
        model.getGraphBuilder()
                .getInputBuilder(0)
                .getTypeBuilder()
                .getTensorTypeBuilder()
                .getShapeBuilder()
                .getDimBuilder(0)
                .setDimValue(1);
        return model.build().toByteArray();
    }

    @Override
    void change(byte[] input, Path folder, ObjectNode manifest) throws IOException {
        Path file = folder.resolve(FILE);
        Files.write(file, input);
        FileSpec spec = FileSpec.of(file);
        ((ObjectNode) manifest.path("files").path(FILE))
                .put("bytes", spec.bytes())
                .put("sha256", spec.sha256());
        JSON.writeValue(folder.resolve(Manifest.FILE_NAME).toFile(), manifest);
    }

    /** A graph that runs has the input of the manifest, and must not have its weights from elsewhere. */
    @Override
    public void read(byte[] input, Path folder) throws IOException {
        try (Engine engine = Engine.open(ModelFolder.open(folder, false), SmallModel.options())) {
            new LanguageModel(TestExecution.of(engine))
                    .embed(new long[][] {{1, 2}})
                    .close();
        }
        for (ValueInfoProto tensor : ModelProto.parseFrom(input).getGraph().getInputList()) {
            if (tensor.getType().getTensorType().getShape().getDimList().stream()
                    .anyMatch(Dimension::hasDimValue)) {
                throw new AssertionError("The graph takes fewer shapes than the manifest says");
            }
        }
        for (TensorProto tensor : ModelProto.parseFrom(input).getGraph().getInitializerList()) {
            for (StringStringEntryProto entry : tensor.getExternalDataList()) {
                if (entry.getKey().equals("location") && entry.getValue().contains("/")) {
                    throw new AssertionError("The graph reads " + entry.getValue());
                }
            }
        }
    }

    /** Changes what a graph says of its weights, and now and then any bytes. */
    private static final class GraphMutator implements Mutator {
        private static final String[] VALUES = {
            "../secret",
            "/etc/passwd",
            "text_embedding.data",
            "unipic.json",
            "",
            ".",
            "-1",
            "0",
            "1",
            "64",
            "4294967296",
            "9223372036854775807",
            "18446744073709551615",
            "location",
            "offset",
            "length",
            "checksum"
        };
        private final Mutator bytes = new ByteMutator().with(VALUES);

        @Override
        public byte[] mutate(byte[] input, byte[] other, RandomGenerator random) {
            try {
                ModelProto.Builder model = ModelProto.parseFrom(input).toBuilder();
                if (random.nextInt(3) == 0 || model.getGraph().getInitializerCount() == 0) {
                    return bytes.mutate(input, other, random);
                }
                List<TensorProto.Builder> weights = model.getGraphBuilder().getInitializerBuilderList();
                change(weights.get(random.nextInt(weights.size())), random);
                return model.build().toByteArray();
            } catch (InvalidProtocolBufferException e) {
                return bytes.mutate(input, other, random);
            }
        }

        private static void change(TensorProto.Builder weights, RandomGenerator random) {
            String value = VALUES[random.nextInt(VALUES.length)];
            int entries = weights.getExternalDataCount();
            switch (random.nextInt(6)) {
                case 0 -> weights.setDataType(random.nextInt(30));
                case 1 -> weights.addDims(random.nextInt(-1, 3));
                case 2 -> weights.setDims(0, 1L << random.nextInt(63));
                case 3 ->
                    weights.addExternalData(StringStringEntryProto.newBuilder()
                            .setKey("location")
                            .setValue(value));
                default -> {
                    if (entries > 0) {
                        weights.getExternalDataBuilder(random.nextInt(entries)).setValue(value);
                    }
                }
            }
        }
    }
}
