package io.github.unipic.export.modules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.export.ExportException;
import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.export.checkpoint.CheckpointFolder;
import io.github.unipic.export.checkpoint.DType;
import io.github.unipic.export.checkpoint.SafetensorsWriter;
import io.github.unipic.export.modules.Architecture.Autoencoder;
import io.github.unipic.export.modules.Architecture.Head;
import io.github.unipic.export.modules.Architecture.LanguageModel;
import io.github.unipic.export.modules.Architecture.Mar;
import io.github.unipic.export.modules.Architecture.Vision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sizes are read from the tensors' shapes; no two of them are equal. */
class ArchitectureTest {
    private static final String LANGUAGE =
            "{\"model_type\": \"qwen2\", \"num_attention_heads\": 6, \"num_key_value_heads\": 3%s}";

    @TempDir
    private Path folder;

    private final Map<String, long[]> main = new LinkedHashMap<>();
    private final Map<String, long[]> autoencoder = new LinkedHashMap<>();

    @BeforeEach
    void create() throws IOException {
        CheckpointFolder.create(folder);
        Files.delete(folder.resolve("kl16.ckpt"));
        language("");
        Files.createDirectory(folder.resolve("vision"));
        vision("{\"model_type\": \"siglip_vision_model\", \"num_attention_heads\": 9}");
        overrides("{\"mar\": {\"num_heads\": 5}, \"vae\": {\"norm_groups\": 4}}");

        main.put("llm.model.embed_tokens.weight", new long[] {11, 12});
        main.put("llm.model.layers.0.self_attn.q_proj.weight", new long[] {24, 12});
        main.put("llm.model.layers.0.mlp.gate_proj.weight", new long[] {20, 12});
        main.put("llm.model.layers.0.input_layernorm.weight", new long[] {12});
        main.put("llm.model.layers.1.input_layernorm.weight", new long[] {12});
        main.put("mar.encoder_norm.weight", new long[] {10});
        main.put("mar.diffusion_pos_embed_learned", new long[] {1, 9, 10});
        main.put("mar.encoder_pos_embed_learned", new long[] {1, 16, 10});
        main.put("mar.encoder_blocks.0.norm1.weight", new long[] {10});
        for (int i = 0; i < 4; i++) {
            main.put("mar.decoder_blocks." + i + ".norm1.weight", new long[] {10});
        }
        main.put("mar.z_proj.weight", new long[] {10, 13});
        main.put("mar.diffloss.net.input_proj.weight", new long[] {14, 13});
        for (int i = 0; i < 5; i++) {
            main.put("mar.diffloss.net.res_blocks." + i + ".in_ln.weight", new long[] {14});
        }
        main.put("siglip2.vision_model.embeddings.patch_embedding.weight", new long[] {18, 3, 7, 7});
        main.put("siglip2.vision_model.embeddings.position_embedding.weight", new long[] {16, 18});
        for (int i = 0; i < 6; i++) {
            main.put("siglip2.vision_model.encoder.layers." + i + ".layer_norm1.weight", new long[] {18});
        }
        main.put("siglip2.vision_model.encoder.layers.0.mlp.fc1.weight", new long[] {21, 18});

        autoencoder.put("encoder.conv_in.weight", new long[] {8, 3, 1, 1});
        autoencoder.put("encoder.down.0.block.0.conv1.weight", new long[] {16, 8, 1, 1});
        autoencoder.put("encoder.down.0.block.1.conv1.weight", new long[] {16, 8, 1, 1});
        autoencoder.put("encoder.down.1.block.0.conv1.weight", new long[] {24, 8, 1, 1});
        autoencoder.put("encoder.down.2.block.0.conv1.weight", new long[] {32, 8, 1, 1});
        for (int i = 0; i < 3; i++) {
            autoencoder.put("decoder.up.0.block." + i + ".conv1.weight", new long[] {16, 8, 1, 1});
        }
        autoencoder.put("post_quant_conv.weight", new long[] {13, 13, 1, 1});
    }

    private void language(String more) throws IOException {
        Files.writeString(folder.resolve("language/config.json"), LANGUAGE.replace("%s", more));
    }

    private void vision(String config) throws IOException {
        Files.writeString(folder.resolve("vision/config.json"), config);
    }

    private void overrides(String json) throws IOException {
        Files.writeString(folder.resolve("unipic_config.json"), json);
    }

    private static void write(Map<String, long[]> shapes, Path file) throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        shapes.forEach((name, shape) -> writer.tensor(
                name,
                DType.FLOAT16,
                shape,
                new double[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)]));
        writer.write(file);
    }

    private Architecture read() throws IOException {
        write(main, folder.resolve("model.safetensors"));
        write(autoencoder, folder.resolve("kl16.safetensors"));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            return Architecture.of(checkpoint);
        }
    }

    private void assertRefused(String message) {
        assertThatExceptionOfType(ExportException.class).isThrownBy(this::read).withMessageContaining(message);
    }

    @Test
    void sizesAreThoseOfTheTensors() throws IOException {
        Architecture read = read();
        assertThat(read.llm()).isEqualTo(new LanguageModel(11, 12, 2, 6, 3, 4, 20, 1e-6, 10000, 32768, true));
        assertThat(read.llm().queryWidth()).isEqualTo(24);
        assertThat(read.llm().keyWidth()).isEqualTo(12);
        assertThat(read.mar()).isEqualTo(new Mar(10, 5, 1, 4, 7, 3, 13));
        assertThat(read.head()).isEqualTo(new Head(14, 5, 13, 10));
        assertThat(read.vision()).hasValue(new Vision(18, 6, 9, 21, 7, 28, 1e-6));
        assertThat(read.vision().orElseThrow().tokens()).isEqualTo(16);
        assertThat(read.vae()).isEqualTo(new Autoencoder(8, List.of(16, 24, 32), 2, 3, 13, 4));
        assertThat(read.vae().downsampling()).isEqualTo(4);
        assertThat(read.maxBeta()).isEqualTo(0.2);
        assertThat(read.latentScale()).isEqualTo(0.2325);
    }

    @Test
    void settingsAreTheConfigurations() throws IOException {
        language(", \"rms_norm_eps\": 1e-5, \"rope_theta\": 1e6, \"max_position_embeddings\": 77,"
                + " \"hidden_act\": \"silu\", \"rope_scaling\": {\"type\": \"default\"}");
        vision("{\"model_type\": \"siglip2\", \"num_attention_heads\": 3, \"layer_norm_eps\": 1e-4,"
                + " \"hidden_act\": \"gelu_pytorch_tanh\"}");
        overrides("{\"mar\": {\"num_heads\": 2}, \"vae\": {\"norm_groups\": 8, \"scale\": 0.5},"
                + " \"diffusion\": {\"max_beta\": 0.999}}");
        Architecture read = read();
        assertThat(read.llm().epsilon()).isEqualTo(1e-5);
        assertThat(read.llm().ropeTheta()).isEqualTo(1e6);
        assertThat(read.llm().context()).isEqualTo(77);
        assertThat(read.vision().orElseThrow().heads()).isEqualTo(3);
        assertThat(read.vision().orElseThrow().epsilon()).isEqualTo(1e-4);
        assertThat(read.mar().heads()).isEqualTo(2);
        assertThat(read.vae().groups()).isEqualTo(8);
        assertThat(read.latentScale()).isEqualTo(0.5);
        assertThat(read.maxBeta()).isEqualTo(0.999);
    }

    @Test
    void keysHaveAHeadForEachQueryUnlessTheConfigurationSaysOtherwise() throws IOException {
        Files.writeString(
                folder.resolve("language/config.json"), "{\"model_type\": \"qwen2\", \"num_attention_heads\": 6}");
        assertThat(read().llm().kvHeads()).isEqualTo(6);
    }

    /**
     * A checkpoint without a head has a tied one, whatever its configuration says; a stored copy of a tied head is not
     * used.
     */
    @ParameterizedTest
    @CsvSource({
        "'', false, true",
        "'', true, false",
        "', \"tie_word_embeddings\": false', false, true",
        "', \"tie_word_embeddings\": false', true, false",
        "', \"tie_word_embeddings\": true', false, true",
        "', \"tie_word_embeddings\": true', true, true"
    })
    void theHeadIsTheEmbeddingsWhereItIsTiedOrMissing(String config, boolean stored, boolean tied) throws IOException {
        language(config);
        if (stored) {
            main.put("llm.lm_head.weight", new long[] {11, 12});
        }
        assertThat(read().llm().tiedHead()).isEqualTo(tied);
    }

    @ParameterizedTest
    @CsvSource({"768, 12", "1024, 16", "1280, 16", "1536, 16"})
    void publishedWidthsHaveKnownHeads(int dim, int heads) throws IOException {
        overrides("{\"vae\": {\"norm_groups\": 4}}");
        main.put("mar.encoder_norm.weight", new long[] {dim});
        assertThat(read().mar().heads()).isEqualTo(heads);
    }

    @Test
    void groupsAre32UnlessOverridden() throws IOException {
        overrides("{\"mar\": {\"num_heads\": 5}}");
        autoencoder.replaceAll((name, shape) -> {
            boolean convolution = name.contains("conv1") || name.contains("conv_in");
            return convolution ? new long[] {32, 1, 1, 1} : shape;
        });
        assertThat(read().vae().groups()).isEqualTo(32);
    }

    @Test
    void whatCannotBeReadFromTheTensorsIsAskedFor() throws IOException {
        overrides("{\"vae\": {\"norm_groups\": 4}}");
        assertRefused("heads cannot be read from the tensors (dim 10)");
        overrides("{\"mar\": {\"num_heads\": 3}, \"vae\": {\"norm_groups\": 4}}");
        assertRefused("heads cannot be read from the tensors (dim 10)");
        overrides("{\"mar\": {\"num_heads\": 5}}");
        assertRefused("channels [16, 24, 32] are not multiples of 32 norm groups");
        overrides("{\"mar\": {\"num_heads\": 5}, \"vae\": {\"norm_groups\": 16}}");
        assertRefused("channels [16, 24, 32] are not multiples of 16 norm groups");
    }

    /** Multiples of 8 on every level, but not the first convolution. */
    @Test
    void theFirstConvolutionHasWholeGroups() throws IOException {
        overrides("{\"mar\": {\"num_heads\": 5}, \"vae\": {\"norm_groups\": 8}}");
        autoencoder.put("encoder.conv_in.weight", new long[] {4, 3, 1, 1});
        assertRefused("are not multiples of 8 norm groups");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                ", \"hidden_act\": \"gelu\" | hidden_act is not silu",
                ", \"use_sliding_window\": true | use_sliding_window is on",
                ", \"rope_scaling\": {\"type\": \"yarn\"} | rope scaling is on",
                ", \"rope_scaling\": {\"rope_type\": \"linear\"} | rope scaling is on",
                ", \"rope_parameters\": {\"rope_type\": \"yarn\"} | rope scaling is on"
            })
    void languageModelsOfAnotherKindAreRefused(String config, String message) throws IOException {
        language(config);
        assertRefused("Unsupported model configuration: " + message + ".");
    }

    @Test
    void newerConfigurationsHaveThetaInAnObjectOfItsOwn() throws IOException {
        language(", \"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 5000}");
        assertThat(read().llm().ropeTheta()).isEqualTo(5000);
    }

    @ParameterizedTest
    @CsvSource({"25, 3", "24, 5"})
    void headsDivideTheProjections(int queryWidth, int kvHeads) throws IOException {
        main.put("llm.model.layers.0.self_attn.q_proj.weight", new long[] {queryWidth, 12});
        Files.writeString(
                folder.resolve("language/config.json"),
                "{\"model_type\": \"qwen2\", \"num_attention_heads\": 6, \"num_key_value_heads\": " + kvHeads + "}");
        assertRefused("heads do not divide the projections' widths");
    }

    @Test
    void imageTokensAreASquareGridWithBuffersBeforeIt() {
        main.put("mar.diffusion_pos_embed_learned", new long[] {1, 10, 10});
        assertRefused("mar.diffusion_pos_embed_learned has 10 positions, which is not a square grid");
        main.put("mar.diffusion_pos_embed_learned", new long[] {1, 16, 10});
        assertRefused("mar.diffusion_pos_embed_learned has 16 positions, which is not a square grid");
    }

    @Test
    void bothFilesAreOfOneModel() {
        autoencoder.put("post_quant_conv.weight", new long[] {16, 16, 1, 1});
        assertRefused("The autoencoder has 16 latent channels but mar.z_proj takes 13");
    }

    @Test
    void visionTowersOfAnotherKindAreRefused() throws IOException {
        vision("{\"model_type\": \"siglip2\", \"num_attention_heads\": 4}");
        assertRefused("SigLIP2's positions or heads do not fit its tensors");
        vision("{\"model_type\": \"siglip2\", \"num_attention_heads\": 9, \"hidden_act\": \"relu\"}");
        assertRefused("SigLIP2's hidden_act is not gelu_pytorch_tanh");
        vision("{\"model_type\": \"siglip2\", \"num_attention_heads\": 9}");
        main.put("siglip2.vision_model.embeddings.position_embedding.weight", new long[] {15, 18});
        assertRefused("SigLIP2's positions or heads do not fit its tensors");
        main.put("siglip2.vision_model.embeddings.position_embedding.weight", new long[] {1, 18});
        main.put("siglip2.vision_model.embeddings.patch_embedding.weight", new long[] {18, 1, 257, 1});
        assertRefused("SigLIP2's patches are larger than 256 pixels a side");
        main.put("siglip2.vision_model.embeddings.patch_embedding.weight", new long[] {18, 1, 256, 1});
        assertThat(read().vision().orElseThrow().imageSize()).isEqualTo(256);
    }

    @Test
    void theTowerIsOptionalButNotItsConfiguration() throws IOException {
        Files.delete(folder.resolve("vision/config.json"));
        assertRefused("The checkpoint has SigLIP2 tensors but no folder with SigLIP2's config.json");
        main.keySet().removeIf(name -> name.startsWith("siglip2."));
        assertThat(read().vision()).isEmpty();
    }

    @Test
    void missingTensorsAndAxesAreNamed() {
        main.put("mar.z_proj.weight", new long[] {10});
        assertRefused("Tensor mar.z_proj.weight has shape [10]; expected at least 2 axes of 1 to 16777216");
        main.put("mar.z_proj.weight", new long[] {10, 0});
        assertRefused("Tensor mar.z_proj.weight has shape [10, 0]; expected at least 2 axes of 1 to 16777216");
        main.remove("mar.z_proj.weight");
        assertRefused("mar.z_proj.weight");
        main.remove("mar.decoder_blocks.0.norm1.weight");
        assertRefused("mar.decoder_blocks.0.norm1.weight");
    }

    @Test
    void anAutoencoderHas8LevelsAtMost() throws IOException {
        for (int i = 3; i < 8; i++) {
            autoencoder.put("encoder.down." + i + ".block.0.conv1.weight", new long[] {32, 1, 1, 1});
        }
        assertThat(read().vae().downsampling()).isEqualTo(128);
        autoencoder.put("encoder.down.8.block.0.conv1.weight", new long[] {32, 1, 1, 1});
        assertRefused("the autoencoder has more than 8 levels");
    }
}
