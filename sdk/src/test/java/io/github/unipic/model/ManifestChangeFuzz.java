package io.github.unipic.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.fuzz.JsonMutator;
import io.github.unipic.fuzz.Mutator;
import io.github.unipic.model.Manifest.Sizes;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Changes to unipic.json, and their effects. An input is an object whose values replace the manifest's. */
public final class ManifestChangeFuzz extends ModelFuzz {
    private static final List<String> TEXTS = List.of("name", "producer", "prompts", "tokens");
    private static final List<String> NUMBERS = List.of("sizes", "diffusion", "defaults");

    @Override
    public String name() {
        return "model";
    }

    @Override
    public int mutations() {
        return 100;
    }

    @Override
    public Mutator mutator() {
        return new JsonMutator("float16", "int64", "embeds", "text_head.onnx", "{}", "linear");
    }

    /** The manifest's parts, and the resources. */
    @Override
    public List<byte[]> corpus() throws IOException {
        JsonNode manifest =
                JSON.readTree(SmallModel.folder().resolve(Manifest.FILE_NAME).toFile());
        return Stream.concat(
                        Stream.of(
                                bytes(((ObjectNode) manifest.deepCopy()).retain(TEXTS)),
                                bytes(((ObjectNode) manifest.deepCopy()).retain(NUMBERS)),
                                bytes(((ObjectNode) manifest.deepCopy()).retain("graphs"))),
                        super.corpus().stream())
                .toList();
    }

    private static byte[] bytes(JsonNode node) throws IOException {
        return JSON.writeValueAsBytes(node);
    }

    @Override
    void change(byte[] input, Path folder, ObjectNode manifest) throws IOException {
        Files.write(folder.resolve(Manifest.FILE_NAME), changed(input, manifest));
    }

    /** What the graphs fix cannot be changed: a model that runs has the sizes that it was exported with. */
    @Override
    public void read(byte[] input, Path folder) throws IOException {
        super.read(input, folder);
        List<Integer> own = fixed(SmallModel.folder());
        List<Integer> changed = fixed(folder);
        if (!changed.equals(own)) {
            throw new AssertionError("A model of the sizes " + own + " ran as one of " + changed);
        }
    }

    private static List<Integer> fixed(Path model) {
        Sizes sizes = ModelFolder.open(model, false).manifest().sizes();
        return List.of(
                sizes.hidden(),
                sizes.layers(),
                sizes.kvHeads(),
                sizes.headDim(),
                sizes.vocabulary(),
                sizes.bufferTokens(),
                sizes.marDim(),
                sizes.latentChannels());
    }

    /** What is no object takes the place of the whole manifest. */
    private static byte[] changed(byte[] input, ObjectNode manifest) throws IOException {
        try {
            return JSON.readTree(input) instanceof ObjectNode values ? bytes(manifest.setAll(values)) : input;
        } catch (IOException e) {
            return input;
        }
    }
}
