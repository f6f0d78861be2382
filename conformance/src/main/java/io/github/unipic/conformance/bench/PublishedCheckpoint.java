package io.github.unipic.conformance.bench;

import io.github.unipic.conformance.EmbeddedCheckpoint;
import io.github.unipic.conformance.bench.RandomWeights.Form;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A checkpoint of the published layout and sizes with random weights, and the small checkpoint's tokenizer. */
public final class PublishedCheckpoint {
    private static final RandomWeights MAIN = new RandomWeights(Form.BF16);
    private static final RandomWeights VAE = new RandomWeights(Form.F32);
    private static final String LANGUAGE = "Qwen2.5-1.5B-Instruct";

    private PublishedCheckpoint() {}

    /** Its size on disk, except for some kilobytes. */
    public static long bytes() {
        return MAIN.bytes(PublishedShapes.main()) + VAE.bytes(PublishedShapes.vae());
    }

    /** @param folder an existing folder */
    public static void write(Path folder) throws IOException {
        Path language = Files.createDirectories(folder.resolve(LANGUAGE));
        Files.writeString(language.resolve("config.json"), """
                {
                  "architectures": ["Qwen2ForCausalLM"],
                  "model_type": "qwen2",
                  "hidden_act": "silu",
                  "hidden_size": 1536,
                  "intermediate_size": 8960,
                  "max_position_embeddings": 32768,
                  "num_attention_heads": 12,
                  "num_hidden_layers": 28,
                  "num_key_value_heads": 2,
                  "rms_norm_eps": 1e-06,
                  "rope_theta": 1000000.0,
                  "tie_word_embeddings": true,
                  "vocab_size": 151936
                }
                """);
        EmbeddedCheckpoint.RANDOM.copyFile("checkpoint/" + LANGUAGE + "/generation_config.json", language);
        EmbeddedCheckpoint.RANDOM.copyFile("checkpoint/" + LANGUAGE + "/tokenizer.json", language);
        Path vision = Files.createDirectories(folder.resolve("siglip2-so400m-patch16-512"));
        Files.writeString(vision.resolve("config.json"), """
                {
                  "model_type": "siglip",
                  "vision_config": {
                    "model_type": "siglip_vision_model",
                    "hidden_act": "gelu_pytorch_tanh",
                    "hidden_size": 1152,
                    "image_size": 512,
                    "intermediate_size": 4304,
                    "layer_norm_eps": 1e-06,
                    "num_attention_heads": 16,
                    "num_hidden_layers": 27,
                    "patch_size": 16
                  }
                }
                """);
        VAE.write(folder.resolve("kl16.safetensors"), PublishedShapes.vae());
        MAIN.write(folder.resolve("model.safetensors"), PublishedShapes.main());
    }
}
