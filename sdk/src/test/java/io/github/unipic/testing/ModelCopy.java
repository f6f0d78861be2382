package io.github.unipic.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Manifest.FileSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** A copy of a model folder for changes after which it still opens: sizes and digests in its manifest are updated. */
public final class ModelCopy {
    private static final String MANIFEST = "unipic.json";

    private final Path folder;
    private final ObjectNode manifest;

    private ModelCopy(Path folder, ObjectNode manifest) {
        this.folder = folder;
        this.manifest = manifest;
    }

    public static ModelCopy of(Path model, Path folder) throws IOException {
        Folders.copy(model, folder);
        JsonNode manifest = new JsonMapper().readTree(folder.resolve(MANIFEST).toFile());
        return new ModelCopy(folder, (ObjectNode) manifest);
    }

    public void edit(GraphName graph, Consumer<GraphSurgery> change) {
        String file = graph.label() + ".onnx";
        try {
            replace(file, GraphSurgery.on(Files.readAllBytes(folder.resolve(file)), change));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Gives a file other content. */
    public void replace(String file, byte[] content) throws IOException {
        Path path = folder.resolve(file);
        Files.write(path, content);
        ((ObjectNode) manifest.path("files").path(file))
                .put("bytes", Files.size(path))
                .put("sha256", FileSpec.of(path).sha256());
    }

    public void maxBeta(double value) {
        ((ObjectNode) manifest.path("diffusion")).put("max_beta", value);
    }

    /** Also makes the default size smaller where it would not fit. */
    public void context(int tokens) {
        ObjectNode sizes = (ObjectNode) manifest.path("sizes");
        ObjectNode defaults = (ObjectNode) manifest.path("defaults");
        sizes.put("context", tokens);
        int patch = sizes.path("downsampling").asInt();
        int side = defaults.path("width").asInt() / patch;
        if (side * side + sizes.path("buffer_tokens").asInt() >= tokens) {
            defaults.put("width", patch).put("height", patch);
        }
    }

    /** Leaves a graph out of the manifest. */
    public void forgetGraph(GraphName graph) {
        if (((ObjectNode) manifest.path("graphs")).remove(graph.label()) == null) {
            throw new IllegalStateException("There is no graph " + graph);
        }
    }

    /** Writes the manifest. */
    public Path finish() throws IOException {
        new JsonMapper().writeValue(folder.resolve(MANIFEST).toFile(), manifest);
        return folder;
    }
}
