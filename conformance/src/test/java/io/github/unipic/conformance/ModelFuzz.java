package io.github.unipic.conformance;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import io.github.unipic.DescribeRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.UniPic;
import io.github.unipic.fuzz.ByteMutator;
import io.github.unipic.fuzz.FuzzTarget;
import io.github.unipic.fuzz.JsonMutator;
import io.github.unipic.fuzz.Mutator;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.FileSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * A file of the tiny model, from which a small image is then generated and described. The graph target takes the token
 * embedding, whose weights lie in a file of its own.
 */
record ModelFuzz(String name, String file, Mutator mutator, int mutations) implements FuzzTarget {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int SIDE = 16;

    static FuzzTarget ofManifest() {
        return new ModelFuzz(
                "model",
                Manifest.FILE_NAME,
                new JsonMutator("float16", "int64", "token_sampler", "text_head.onnx", "{}", "linear")
                        .within("sizes", "diffusion", "tokens", "prompts", "defaults"),
                60);
    }

    static FuzzTarget ofGraph() {
        return new ModelFuzz("graph", GraphName.TEXT_EMBEDDING.label() + ".onnx", new GraphMutator(), 40);
    }

    @Override
    public List<byte[]> corpus() throws IOException {
        return Stream.concat(
                        Stream.of(Files.readAllBytes(TinyModel.model().resolve(file))),
                        FuzzTarget.resources("/fuzz/" + name, "").stream())
                .toList();
    }

    @Override
    public void prepare(byte[] input, Path folder) throws IOException {
        if (Files.notExists(folder.resolve(Manifest.FILE_NAME))) {
            try (Stream<Path> files = Files.list(TinyModel.model())) {
                for (Path original : files.toList()) {
                    Files.copy(original, folder.resolve(original.getFileName()));
                }
            }
        }
        Files.write(folder.resolve(file), input);
        if (!file.equals(Manifest.FILE_NAME)) {
            JsonNode manifest = JSON.readTree(folder.resolve(Manifest.FILE_NAME).toFile());
            FileSpec spec = FileSpec.of(folder.resolve(file));
            ((ObjectNode) manifest.path("files").path(file))
                    .put("bytes", spec.bytes())
                    .put("sha256", spec.sha256());
            JSON.writeValue(folder.resolve(Manifest.FILE_NAME).toFile(), manifest);
        }
    }

    @Override
    public void read(byte[] input, Path folder) {
        try (UniPic unipic = UniPic.builder(folder).threads(1).load()) {
            unipic.info();
            Image image = unipic.generate(GenerateRequest.builder("A red fox")
                            .size(SIDE, SIDE)
                            .iterations(1)
                            .diffusionSteps(2)
                            .seed(1)
                            .build())
                    .get(0);
            if (image.width() != SIDE || image.height() != SIDE) {
                throw new AssertionError(image + " is not of the size asked for");
            }
            unipic.describe(DescribeRequest.builder("What is it?")
                    .image(image)
                    .maxTokens(1)
                    .build());
            requireNothingFromOutside(input);
        }
    }

    /** A graph that loads must not have its weights from elsewhere. */
    private void requireNothingFromOutside(byte[] input) {
        if (!file.endsWith(".onnx")) {
            return;
        }
        try {
            for (TensorProto tensor : ModelProto.parseFrom(input).getGraph().getInitializerList()) {
                for (StringStringEntryProto entry : tensor.getExternalDataList()) {
                    if (entry.getKey().equals("location") && entry.getValue().contains("/")) {
                        throw new AssertionError("The graph reads " + entry.getValue());
                    }
                }
            }
        } catch (InvalidProtocolBufferException e) {
            throw new UncheckedIOException(e);
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
