package io.github.unipic.export.checkpoint;

import static io.github.unipic.export.checkpoint.CheckpointFolder.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.export.ExportException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
    private static final long[] ONE = {1};

    @TempDir
    Path folder;

    @BeforeEach
    void createFolder() throws IOException {
        CheckpointFolder.create(folder);
    }

    private TorchFile main() {
        return new TorchFile().tensor("llm.model.norm.weight", DType.FLOAT32, ONE, 1);
    }

    private Path mainFile() {
        return folder.resolve("pytorch_model.bin");
    }

    @Test
    void namesAreCanonicalAndTheAutoencoderIsPrefixed() throws IOException {
        main().tensor("siglip2.post_layernorm.weight", DType.FLOAT32, ONE, 2)
                .tensor("siglip2.vision_model.post_layernorm.bias", DType.FLOAT32, ONE, 3)
                .tensor("siglip2_proj.0.bias", DType.FLOAT32, ONE, 4)
                .write(mainFile());
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.names())
                    .containsExactly(
                            "llm.model.norm.weight",
                            "siglip2.vision_model.post_layernorm.bias",
                            "siglip2.vision_model.post_layernorm.weight",
                            "siglip2_proj.0.bias",
                            "vae.encoder.conv_in.bias");
            assertThat(read(checkpoint.require("siglip2.vision_model.post_layernorm.weight")))
                    .containsExactly(2);
            assertThat(read(checkpoint.require("vae.encoder.conv_in.bias"))).containsExactly(0.5f, -1);
            assertThat(checkpoint.require("vae.encoder.conv_in.bias").name()).isEqualTo("vae.encoder.conv_in.bias");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "module.mar.a, mar.a, module.",
        "_orig_mod.module.model.mar.a, mar.a, _orig_mod.|model.|module.",
        "model.model.mar.a, mar.a, model.model.",
        "_fsdp_wrapped_module.mar.blocks._checkpoint_wrapped_module.0.a, mar.blocks.0.a,"
                + " _checkpoint_wrapped_module.|_fsdp_wrapped_module.",
        "llm._orig_mod.model.layers.0.a, llm.model.layers.0.a, _orig_mod.",
        "llm.layers.0.a, llm.model.layers.0.a, ''",
        "model.siglip2.model.vision_model.a, siglip2.vision_model.a, model.",
        "model.optimizer.a, model.optimizer.a, ''",
        "mar.my_module.a, mar.my_module.a, ''",
        "mar.module.a.model.b, mar.a.model.b, module.",
    })
    void whatTrainingPutsAroundNamesIsSeenThroughAndSaid(String name, String canonical, String dropped)
            throws IOException {
        main().tensor(name, DType.FLOAT32, ONE, 2).write(mainFile());
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(read(checkpoint.require(canonical))).containsExactly(2);
            String note = "pytorch_model.bin: tensor names read without '" + dropped.replace("|", "', '") + "'";
            assertThat(checkpoint.notes().contains(note)).isEqualTo(!dropped.isEmpty());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "model.embed_tokens.weight, model.embed_tokens.weight",
        "embed_tokens.weight, model.embed_tokens.weight",
        "layers.0.a, model.layers.0.a",
        "model.model.norm.weight, model.norm.weight",
        "model.lm_head.weight, lm_head.weight",
        "module.lm_head.weight, lm_head.weight",
    })
    void theLanguageModelsOwnFileMayHaveItsNamesInAnyForm(String name, String canonical) throws IOException {
        new TorchFile().tensor("mar.a", DType.FLOAT32, ONE, 1).write(mainFile());
        new SafetensorsWriter().tensor(name, DType.FLOAT32, ONE, 7).write(folder.resolve("language/model.safetensors"));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(read(checkpoint.require("llm." + canonical))).containsExactly(7);
        }
    }

    @Test
    void theAutoencodersNamesAndWrappersToo() throws IOException {
        main().write(mainFile());
        new TorchFile()
                .wrappedIn("state_dict")
                .tensor("module.model.decoder.a", DType.FLOAT32, ONE, 3)
                .write(folder.resolve("kl16.ckpt"));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(read(checkpoint.require("vae.decoder.a"))).containsExactly(3);
            assertThat(checkpoint.notes())
                    .contains(
                            "kl16.ckpt: weights found under 'state_dict' (beside it, not used: 'epoch')",
                            "kl16.ckpt: tensor names read without 'model.', 'module.'");
        }
    }

    @Test
    void whatIsAsPublishedNeedsNoNote() throws IOException {
        main().tensor("siglip2.embeddings.patch_embedding.weight", DType.FLOAT32, ONE, 2)
                .write(mainFile());
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.hasVisionTower()).isTrue();
            assertThat(checkpoint.notes()).isEmpty();
        }
    }

    @Test
    void harmonsFilesAreFoundByTheirNames() throws IOException {
        main().write(folder.resolve("harmon_1.5b.pth"));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(read(checkpoint.require("llm.model.norm.weight"))).containsExactly(1);
            assertThat(checkpoint.notes())
                    .hasSize(2)
                    .contains("weights read from harmon_1.5b.pth, in place of pytorch_model.bin");
            assertThat(checkpoint.notes().get(1))
                    .contains("no SigLIP2 in this model (harmon_1.5b.pth", "without vision_encoder");
        }
        main().write(folder.resolve("harmon_0.5b.pth"));
        refused(folder, "two main files");
        main().tensor("mar.a", DType.FLOAT32, ONE, 1).write(mainFile());
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.has("mar.a")).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "embeddings.patch_embedding.weight",
                "vision_model.embeddings.patch_embedding.weight",
                "model.vision_model.embeddings.patch_embedding.weight"
            })
    void theVisionTowersOwnFileMayHaveItsNamesInAnyForm(String name) throws IOException {
        main().write(mainFile());
        Path vision = CheckpointFolder.model(folder, "tower", "{\"model_type\": \"siglip_vision_model\"}");
        new SafetensorsWriter().tensor(name, DType.FLOAT32, ONE, 9).write(vision.resolve("model.safetensors"));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(read(checkpoint.require("siglip2.vision_model.embeddings.patch_embedding.weight")))
                    .containsExactly(9);
            assertThat(checkpoint.hasVisionTower()).isTrue();
            assertThat(checkpoint.notes()).noneMatch(note -> note.contains("SigLIP2"));
        }
    }

    @Test
    void aMissingVisionTowerIsSaidWithWhatToDo() throws IOException {
        main().tensor("siglip2_proj.0.bias", DType.FLOAT32, ONE, 4).write(mainFile());
        withoutTower("there is no folder with its config.json");
        Path vision = CheckpointFolder.model(folder, "tower", "{\"model_type\": \"siglip_vision_model\"}");
        withoutTower("tower holds no weights");
        new SafetensorsWriter()
                .tensor("text_model.head.bias", DType.FLOAT32, ONE, 1)
                .write(vision.resolve("model.safetensors"));
        withoutTower("model.safetensors lacks siglip2.vision_model.embeddings.patch_embedding.weight");
        main().tensor("siglip2_proj.0.bias", DType.FLOAT32, ONE, 4)
                .tensor("siglip2.head.bias", DType.FLOAT32, ONE, 4)
                .write(mainFile());
        withoutTower("pytorch_model.bin lacks siglip2.vision_model.embeddings.patch_embedding.weight");
    }

    private void withoutTower(String where) {
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.notes())
                    .singleElement()
                    .asString()
                    .contains(
                            "no SigLIP2 vision tower",
                            where,
                            "without vision_encoder",
                            "add google/siglip2-so400m-patch16-512");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"FLOAT64", "FLOAT32", "FLOAT16", "BFLOAT16"})
    void weightsThatAreNotFiniteAreCountedAndRefusedUnlessAllowed(DType dtype) throws IOException {
        double[] values = {1, 2, 3, 4, Double.NaN, Double.NEGATIVE_INFINITY};
        main().tensor("mar.a", dtype, new long[] {2, 3}, values)
                .tensor("mar.b", dtype, ONE, 1)
                .write(mainFile());
        String result = "tensor 'mar.a' in pytorch_model.bin holds 2 of 6 values that are NaN, infinite or beyond"
                + " float32, the first at index [1, 1]";
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            CheckpointTensor tensor = checkpoint.require("mar.a");
            tensor.read(0, new float[4], 0, 4);
            assertThatThrownBy(() -> tensor.read(3, new float[2], 0, 2))
                    .isInstanceOf(ExportException.class)
                    .hasMessageStartingWith(result)
                    .hasMessageContaining("--allow-nonfinite");
            read(checkpoint.require("mar.b"));
        }
        try (Checkpoint checkpoint = Checkpoint.open(folder, true)) {
            assertThat(read(checkpoint.require("mar.a")))
                    .containsExactly(1, 2, 3, 4, Float.NaN, Float.NEGATIVE_INFINITY);
            read(checkpoint.require("mar.a"));
            assertThat(checkpoint.notes()).containsOnlyOnce(result);
        }
    }

    @Test
    void doublesBeyondFloat32AreNotFinite() throws IOException {
        main().tensor("mar.a", DType.FLOAT64, ONE, 1e300).write(mainFile());
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThatThrownBy(() -> read(checkpoint.require("mar.a"))).hasMessageContaining("beyond float32");
        }
    }

    @Test
    void aTensorThatRepeatsFewElementsManyTimesIsRefusedWhenUsed() throws IOException {
        TorchFile file = main();
        TorchFile.Storage storage = file.storage(DType.FLOAT32, 1, 2, 3, 4);
        file.view("mar.small", storage, 0, new long[] {1 << 14, 4}, new long[] {0, 1})
                .view("mar.large", storage, 0, new long[] {1 << 14 | 1, 4}, new long[] {0, 1})
                .view("mar.overlapping", storage, 0, new long[] {2, 3}, new long[] {1, 1})
                .write(mainFile());
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(read(checkpoint.require("mar.overlapping"))).containsExactly(1, 2, 3, 2, 3, 4);
            assertThat(read(checkpoint.require("mar.small"))).hasSize(1 << 16).endsWith(1, 2, 3, 4);
            assertThatThrownBy(() -> checkpoint.require("mar.large"))
                    .isInstanceOf(ExportException.class)
                    .hasMessageContainingAll("'mar.large'", "repeats 4 stored elements to 65540", "contiguous()");
        }
    }

    @Test
    void twoSpellingsOfOneNameAreRefused() throws IOException {
        main().tensor("siglip2.a", DType.FLOAT32, ONE, 2)
                .tensor("siglip2.vision_model.a", DType.FLOAT32, ONE, 3)
                .write(mainFile());
        assertThatThrownBy(() -> Checkpoint.open(folder))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("siglip2.vision_model.a")
                .hasMessageContaining("twice");
    }

    @Test
    void whatWasNeverAskedForIsUnused() throws IOException {
        main().tensor("mar.class_emb.weight", DType.FLOAT32, ONE, 2)
                .tensor("mar.mask_token", DType.FLOAT32, ONE, 2)
                .write(mainFile());
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            checkpoint.require("mar.mask_token");
            assertThat(checkpoint.find("llm.model.norm.weight")).isPresent();
            assertThat(checkpoint.find("llm.lm_head.weight")).isEmpty();
            assertThat(checkpoint.has("mar.class_emb.weight")).isTrue();
            assertThat(checkpoint.unused()).containsExactly("mar.class_emb.weight", "vae.encoder.conv_in.bias");
        }
    }

    @Test
    void aMissingTensorIsNamedWithTheFilesSearched() throws IOException {
        main().write(mainFile());
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThatThrownBy(() -> checkpoint.require("mar.mask_token"))
                    .isInstanceOf(ExportException.class)
                    .hasMessageContaining("'mar.mask_token'")
                    .hasMessageContaining("kl16.ckpt, pytorch_model.bin");
        }
    }

    @Test
    void aWrongShapeIsNamedWithBothShapes() throws IOException {
        main().tensor("mar.z_proj.weight", DType.FLOAT32, new long[] {2, 3}, 1, 2, 3, 4, 5, 6)
                .write(mainFile());
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.require("mar.z_proj.weight", 2, 3).shape()).containsExactly(2, 3);
            assertThatThrownBy(() -> checkpoint.require("mar.z_proj.weight", 3, 2))
                    .isInstanceOf(ExportException.class)
                    .hasMessageContaining("'mar.z_proj.weight'")
                    .hasMessageContaining("[2, 3]")
                    .hasMessageContaining("[3, 2]");
        }
    }

    @Test
    void shardsOfTorchFilesAreOneCheckpoint() throws IOException {
        main().write(folder.resolve("part-1.bin"));
        new TorchFile().tensor("mar.a", DType.BFLOAT16, new long[] {2}, 1.5, -2).write(folder.resolve("part-2.bin"));
        index("pytorch_model.bin", "\"llm.model.norm.weight\": \"part-1.bin\", \"mar.a\": \"part-2.bin\"");
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(read(checkpoint.require("mar.a"))).containsExactly(1.5f, -2);
            assertThat(checkpoint.has("llm.model.norm.weight")).isTrue();
        }
    }

    @Test
    void aTensorThatItsShardLacksIsNamed() throws IOException {
        main().write(folder.resolve("part-1.bin"));
        index("pytorch_model.bin", "\"mar.a\": \"part-1.bin\"");
        assertThatThrownBy(() -> Checkpoint.open(folder))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("'mar.a' is in part-1.bin");
    }

    @Test
    void aShardOutsideTheFolderIsRefused() throws IOException {
        Path outside = Files.createDirectories(folder.resolve("outside"));
        Path inner = CheckpointFolder.create(Files.createDirectories(folder.resolve("inner")));
        main().write(outside.resolve("evil.bin"));
        for (String shard : new String[] {"../outside/evil.bin", outside.resolve("evil.bin") + "", "..", ""}) {
            Files.writeString(
                    inner.resolve("pytorch_model.bin.index.json"),
                    "{\"weight_map\": {\"llm.model.norm.weight\": \"" + shard + "\"}}");
            assertThatThrownBy(() -> Checkpoint.open(inner))
                    .isInstanceOf(ExportException.class)
                    .hasMessageContaining("not a file in the same folder");
        }
    }

    @Test
    void anIndexWithoutWeightMapIsRefused() throws IOException {
        Files.writeString(folder.resolve("model.safetensors.index.json"), "{\"weight_map\": 3}");
        assertThatThrownBy(() -> Checkpoint.open(folder))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("weight_map");
    }

    @Test
    void safetensorsServeForEveryFile() throws IOException {
        Files.delete(folder.resolve("kl16.ckpt"));
        new SafetensorsWriter()
                .tensor("quant_conv.bias", DType.FLOAT16, ONE, 0.25)
                .write(folder.resolve("kl16.safetensors"));
        new SafetensorsWriter()
                .tensor("mar.a", DType.FLOAT32, new long[] {2, 1}, 3, 4)
                .tensor("llm.x", DType.FLOAT32, new long[] {}, 5)
                .write(folder.resolve("model.safetensors"));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(read(checkpoint.require("mar.a", 2, 1))).containsExactly(3, 4);
            assertThat(read(checkpoint.require("llm.x", new long[0]))).containsExactly(5);
            assertThat(read(checkpoint.require("vae.quant_conv.bias"))).containsExactly(0.25f);
            assertThat(checkpoint.notes())
                    .startsWith(
                            "weights read from model.safetensors, in place of pytorch_model.bin",
                            "weights read from kl16.safetensors, in place of kl16.ckpt");
        }
    }

    @Test
    void theLanguageModelComesFromItsFolderInShards() throws IOException {
        new TorchFile().tensor("mar.a", DType.FLOAT32, ONE, 1).write(mainFile());
        Path language = folder.resolve("language");
        new SafetensorsWriter()
                .tensor("model.norm.weight", DType.BFLOAT16, ONE, 7)
                .write(language.resolve("model-1.safetensors"));
        new SafetensorsWriter()
                .tensor("lm_head.weight", DType.BFLOAT16, ONE, 8)
                .write(language.resolve("model-2.safetensors"));
        Files.writeString(language.resolve("model.safetensors.index.json"), """
                {"weight_map": {"model.norm.weight": "model-1.safetensors", "lm_head.weight": "model-2.safetensors"}}
                """);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(read(checkpoint.require("llm.model.norm.weight"))).containsExactly(7);
            assertThat(read(checkpoint.require("llm.lm_head.weight"))).containsExactly(8);
        }
    }

    @Test
    void theMainFilesLanguageModelComesBeforeTheFolders() throws IOException {
        main().write(mainFile());
        new SafetensorsWriter()
                .tensor("lm_head.weight", DType.BFLOAT16, ONE, 8)
                .write(folder.resolve("language/model.safetensors"));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.has("llm.lm_head.weight")).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "mar.a, true, false",
        "llm.a, false, false",
        "siglip2_proj.a, true, true",
        "siglip2_proj.a llm.a, false, true",
        "siglip2_proj.a siglip2.a, true, false",
        "siglip2.a, true, false",
    })
    void whatTheMainFileLacksIsKnownBeforeTheOthersAreThere(String names, boolean language, boolean vision)
            throws IOException {
        Files.delete(folder.resolve("kl16.ckpt"));
        TorchFile file = new TorchFile();
        for (String name : names.split(" ")) {
            file.tensor(name, DType.FLOAT32, ONE, 1);
        }
        file.write(mainFile());
        assertThat(Checkpoint.lacking(folder)).isEqualTo(new Checkpoint.Lacking(language, vision));
    }

    @Test
    void weightsWithoutALanguageModelAreRefused() throws IOException {
        new TorchFile().tensor("mar.a", DType.FLOAT32, ONE, 1).write(mainFile());
        assertThatThrownBy(() -> Checkpoint.open(folder))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("llm.*");
    }

    @Test
    void theVisionTowerComesFromItsFolderWithoutTheTextTower() throws IOException {
        main().write(mainFile());
        Path vision = CheckpointFolder.model(
                folder, "any-name", "{\"model_type\": \"siglip\", \"vision_config\": {\"image_size\": 64}}");
        new SafetensorsWriter()
                .tensor("vision_model.post_layernorm.bias", DType.FLOAT32, ONE, 9)
                .tensor("text_model.head.bias", DType.FLOAT32, ONE, 1)
                .tensor("logit_scale", DType.FLOAT32, ONE, 1)
                .write(vision.resolve("model.safetensors"));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.visionConfig().orElseThrow().integer("image_size", 1, 99))
                    .contains(64);
            assertThat(read(checkpoint.require("siglip2.vision_model.post_layernorm.bias")))
                    .containsExactly(9);
            assertThat(checkpoint.unused()).containsExactly("llm.model.norm.weight", "vae.encoder.conv_in.bias");
        }
    }

    @Test
    void aVisionModelsOwnConfigurationIsTakenWhole() throws IOException {
        main().write(mainFile());
        CheckpointFolder.model(folder, "tower", "{\"model_type\": \"siglip_vision_model\", \"image_size\": 32}");
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.visionConfig().orElseThrow().integer("image_size", 1, 99))
                    .contains(32);
        }
    }

    @Test
    void theVisionFolderAndTheSmallFilesAreOptional() throws IOException {
        main().write(mainFile());
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.visionConfig()).isEmpty();
            assertThat(checkpoint.generationConfig()).isEmpty();
            assertThat(checkpoint.overrides().positive("vae.scale", 1, 0.25)).isEqualTo(0.25);
        }
        Files.writeString(folder.resolve("unipic_config.json"), "{\"vae\": {\"scale\": 0.5}}");
        Files.writeString(folder.resolve("language/generation_config.json"), "{\"eos_token_id\": 5}");
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.overrides().positive("vae.scale", 1, 0.25)).isEqualTo(0.5);
            assertThat(checkpoint.generationConfig().orElseThrow().integers("eos_token_id", 0, 9))
                    .containsExactly(5);
            assertThat(checkpoint.languageModelConfig().integer("hidden_size", 1, 99))
                    .contains(8);
            assertThat(checkpoint.tokenizerFile()).isEqualTo(folder.resolve("language/tokenizer.json"));
        }
    }

    @Test
    void whatIsMissingIsNamed() throws IOException {
        refused(folder.resolve("nowhere"), "not a folder");
        refused(folder, "pytorch_model.bin or model.safetensors");
        main().write(mainFile());
        Files.move(folder.resolve("kl16.ckpt"), folder.resolve("kl16.bak"));
        refused(folder, "kl16.ckpt or kl16.safetensors");
        Files.delete(folder.resolve("language/tokenizer.json"));
        refused(folder, "tokenizer.json");
        Files.writeString(folder.resolve("language/config.json"), "{\"model_type\": \"llama\"}");
        refused(folder, "model_type qwen2");
        Files.writeString(folder.resolve("language/config.json"), "{oops");
        refused(folder, "config.json");
    }

    @Test
    void twoLanguageModelsAreRefused() throws IOException {
        main().write(mainFile());
        CheckpointFolder.model(folder, "another", "{\"model_type\": \"qwen2\"}");
        refused(folder, "two folders hold a language model");
    }

    private static void refused(Path folder, String message) {
        assertThatThrownBy(() -> Checkpoint.open(folder))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining(message)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }

    private void index(String file, String weightMap) throws IOException {
        Files.writeString(folder.resolve(file + ".index.json"), "{\"weight_map\": {" + weightMap + "}}");
    }
}
