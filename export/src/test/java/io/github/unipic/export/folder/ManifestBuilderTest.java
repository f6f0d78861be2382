package io.github.unipic.export.folder;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.export.Precision;
import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.export.checkpoint.CheckpointFolder;
import io.github.unipic.export.checkpoint.DType;
import io.github.unipic.export.checkpoint.SafetensorsWriter;
import io.github.unipic.export.modules.Architecture;
import io.github.unipic.export.modules.Architecture.Autoencoder;
import io.github.unipic.export.modules.Architecture.Head;
import io.github.unipic.export.modules.Architecture.LanguageModel;
import io.github.unipic.export.modules.Architecture.Mar;
import io.github.unipic.export.modules.Architecture.Vision;
import io.github.unipic.export.onnx.ElementType;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.Defaults;
import io.github.unipic.model.Manifest.FileSpec;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.Manifest.Sizes;
import io.github.unipic.model.Manifest.TensorSpec;
import io.github.unipic.model.Manifest.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every size is in its field: no two of them are equal. */
class ManifestBuilderTest {
    private static final Tokens TOKENS = new Tokens(9, List.of(7, 8));
    private static final Map<String, FileSpec> FILES = Map.of("tokenizer.json", new FileSpec(1, "0".repeat(64)));

    @TempDir
    private Path folder;

    @BeforeEach
    void create() throws IOException {
        CheckpointFolder.create(folder);
        new SafetensorsWriter()
                .tensor("llm.a", DType.FLOAT32, new long[] {1}, 1)
                .write(folder.resolve("model.safetensors"));
    }

    private Manifest build(Optional<Vision> vision) {
        Architecture architecture = new Architecture(
                new LanguageModel(11, 12, 2, 6, 3, 4, 20, 1e-6, 10000, 32768, true),
                new Mar(10, 5, 1, 4, 7, 3, 13),
                new Head(14, 5, 13, 10),
                vision,
                new Autoencoder(8, List.of(16, 24, 32, 40), 2, 3, 13, 4),
                0.25,
                0.2325);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            return new ManifestBuilder(checkpoint, architecture, TOKENS).build("folder", "test 1", Map.of(), FILES);
        }
    }

    @Test
    void sizesAndDefaultsAreTheArchitectures() {
        Manifest manifest = build(Optional.of(new Vision(18, 6, 9, 21, 7, 28, 1e-6)));
        assertThat(manifest.formatVersion()).isEqualTo(1);
        assertThat(manifest.name()).isEqualTo("folder");
        assertThat(manifest.producer()).isEqualTo("test 1");
        assertThat(manifest.sizes()).isEqualTo(new Sizes(12, 2, 3, 4, 11, 32768, 7, 10, 13, 8, 3, 28));
        assertThat(manifest.diffusion().maxBeta()).isEqualTo(0.25);
        assertThat(manifest.tokens()).isEqualTo(TOKENS);
        assertThat(manifest.files()).isEqualTo(FILES);
        // Twice the 3 tokens a side that the position tables have, of 8 pixels each.
        assertThat(manifest.defaults()).isEqualTo(new Defaults(48, 48, 32, 3, "constant", 1, 100));
        assertThat(manifest.prompts().turn()).isEqualTo("<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n");
        assertThat(manifest.prompts().generate()).isEqualTo("Generate an image: {}");
    }

    @Test
    void aModelWithoutVisionHasNoVisionImage() {
        assertThat(build(Optional.empty()).sizes().visionImage()).isZero();
    }

    @Test
    void aConfiguredNameTakesTheFolders() throws IOException {
        Files.writeString(folder.resolve("unipic_config.json"), "{\"name\": \"mine\"}");
        assertThat(build(Optional.empty()).name()).isEqualTo("mine");
    }

    @Test
    void aGraphIsDescribedAsItWasBuilt() {
        Graph graph = new Graph("x");
        Value x = graph.input("x", ElementType.FLOAT16, "B", "S", 8);
        graph.output("y", x, "B", "S+1", 8);
        assertThat(ManifestBuilder.graph(graph, "x.onnx", Precision.FP16))
                .isEqualTo(new GraphSpec(
                        "x.onnx",
                        List.of(),
                        "float16",
                        0,
                        "portable",
                        List.of(new TensorSpec("x", "float16", List.of("B", "S", "8"))),
                        List.of(new TensorSpec("y", "float16", List.of("B", "S+1", "8")))));
        graph.output("z", x.multiHeadAttention(x, x, 1), "B", "S", 8);
        GraphSpec fused = ManifestBuilder.graph(graph, "x.onnx", Precision.FP32);
        assertThat(fused.flavor()).isEqualTo("fused");
        assertThat(fused.precision()).isEqualTo("float32");
        assertThat(fused.outputs()).hasSize(2);
    }
}
