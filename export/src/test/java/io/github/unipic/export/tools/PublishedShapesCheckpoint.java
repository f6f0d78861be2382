package io.github.unipic.export.tools;

import ai.onnxruntime.platform.Fp16Conversions;
import io.github.unipic.export.checkpoint.DType;
import io.github.unipic.export.checkpoint.TorchFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/**
 * Writes a checkpoint of random weights with the names and shapes of the published UniPic-1.5B, to try what its size
 * brings about: {@code PublishedShapesCheckpoint OUT_DIR TOKENIZER_JSON_GZ}. Always the same bytes; 6.1 GB.
 */
public final class PublishedShapesCheckpoint {
    private static final int DIM = 1280; // of the MAR transformer
    private static final int HIDDEN = 1536; // of the language model
    private static final int WIDTH = 1536; // of the diffusion head
    private static final int VISION = 1152;

    private final Map<String, long[]> shapes = new LinkedHashMap<>();

    private PublishedShapesCheckpoint() {}

    public static void main(String[] args) throws IOException {
        if (args.length != 2) {
            throw new IllegalArgumentException("usage: PublishedShapesCheckpoint OUT_DIR TOKENIZER_JSON_GZ");
        }
        long start = System.nanoTime();
        Path out = Files.createDirectories(Path.of(args[0]));
        writeFolders(out, Path.of(args[1]));
        PublishedShapesCheckpoint vae = new PublishedShapesCheckpoint();
        vae.autoencoder();
        vae.write(out.resolve("kl16.ckpt"), DType.FLOAT32, new TorchFile().wrappedIn("model"));
        PublishedShapesCheckpoint main = new PublishedShapesCheckpoint();
        main.languageModel();
        main.mar();
        main.vision();
        main.projector("proj_in", DIM, HIDDEN, HIDDEN);
        main.projector("proj_out", HIDDEN, HIDDEN, DIM);
        main.projector("siglip2_proj", VISION, HIDDEN, HIDDEN);
        main.write(out.resolve("pytorch_model.bin"), DType.BFLOAT16, new TorchFile());
        System.out.printf("%s written in %.1f s%n", out, (System.nanoTime() - start) / 1e9);
    }

    private void tensor(String name, long... shape) {
        shapes.put(name, shape);
    }

    private void linear(String name, long in, long out) {
        tensor(name + ".weight", out, in);
        tensor(name + ".bias", out);
    }

    private void norm(String name, long size) {
        tensor(name + ".weight", size);
        tensor(name + ".bias", size);
    }

    private void conv(String name, long in, long out, long kernel) {
        tensor(name + ".weight", out, in, kernel, kernel);
        tensor(name + ".bias", out);
    }

    private void projector(String name, long in, long middle, long out) {
        linear(name + ".0", in, middle);
        linear(name + ".2", middle, out);
    }

    private void languageModel() {
        tensor("llm.model.embed_tokens.weight", 151936, HIDDEN); // shared with llm.lm_head.weight, see write
        for (int i = 0; i < 28; i++) {
            String layer = "llm.model.layers." + i;
            linear(layer + ".self_attn.q_proj", HIDDEN, HIDDEN);
            linear(layer + ".self_attn.k_proj", HIDDEN, 256);
            linear(layer + ".self_attn.v_proj", HIDDEN, 256);
            tensor(layer + ".self_attn.o_proj.weight", HIDDEN, HIDDEN);
            tensor(layer + ".mlp.gate_proj.weight", 8960, HIDDEN);
            tensor(layer + ".mlp.up_proj.weight", 8960, HIDDEN);
            tensor(layer + ".mlp.down_proj.weight", HIDDEN, 8960);
            tensor(layer + ".input_layernorm.weight", HIDDEN);
            tensor(layer + ".post_attention_layernorm.weight", HIDDEN);
        }
        tensor("llm.model.norm.weight", HIDDEN);
    }

    private void mar() {
        tensor("mar.class_emb.weight", 1000, DIM);
        tensor("mar.fake_latent", 1, DIM);
        tensor("mar.mask_token", 1, 1, DIM);
        linear("mar.z_proj", 16, DIM);
        norm("mar.z_proj_ln", DIM);
        tensor("mar.encoder_pos_embed_learned", 1, 1024 + 64, DIM);
        tensor("mar.decoder_pos_embed_learned", 1, 1024 + 64, DIM);
        tensor("mar.diffusion_pos_embed_learned", 1, 1024, DIM);
        for (String side : new String[] {"encoder", "decoder"}) {
            for (int i = 0; i < 20; i++) {
                String block = "mar." + side + "_blocks." + i;
                norm(block + ".norm1", DIM);
                norm(block + ".norm2", DIM);
                linear(block + ".attn.qkv", DIM, 3 * DIM);
                linear(block + ".attn.proj", DIM, DIM);
                linear(block + ".mlp.fc1", DIM, 4 * DIM);
                linear(block + ".mlp.fc2", 4 * DIM, DIM);
            }
            norm("mar." + side + "_norm", DIM);
        }
        linear("mar.decoder_embed", DIM, DIM);
        String head = "mar.diffloss.net";
        linear(head + ".time_embed.mlp.0", 256, WIDTH);
        linear(head + ".time_embed.mlp.2", WIDTH, WIDTH);
        linear(head + ".cond_embed", DIM, WIDTH);
        linear(head + ".input_proj", 16, WIDTH);
        for (int i = 0; i < 12; i++) {
            String block = head + ".res_blocks." + i;
            norm(block + ".in_ln", WIDTH);
            linear(block + ".mlp.0", WIDTH, WIDTH);
            linear(block + ".mlp.2", WIDTH, WIDTH);
            linear(block + ".adaLN_modulation.1", WIDTH, 3 * WIDTH);
        }
        linear(head + ".final_layer.linear", WIDTH, 32);
        linear(head + ".final_layer.adaLN_modulation.1", WIDTH, 2 * WIDTH);
    }

    private void vision() {
        String tower = "siglip2.vision_model";
        conv(tower + ".embeddings.patch_embedding", 3, VISION, 16);
        tensor(tower + ".embeddings.position_embedding.weight", 1024, VISION);
        for (int i = 0; i < 27; i++) {
            String layer = tower + ".encoder.layers." + i;
            norm(layer + ".layer_norm1", VISION);
            norm(layer + ".layer_norm2", VISION);
            for (String projection : new String[] {"q_proj", "k_proj", "v_proj", "out_proj"}) {
                linear(layer + ".self_attn." + projection, VISION, VISION);
            }
            linear(layer + ".mlp.fc1", VISION, 4304);
            linear(layer + ".mlp.fc2", 4304, VISION);
        }
        norm(tower + ".post_layernorm", VISION);
        String head = tower + ".head";
        tensor(head + ".probe", 1, 1, VISION);
        tensor(head + ".attention.in_proj_weight", 3 * VISION, VISION);
        tensor(head + ".attention.in_proj_bias", 3 * VISION);
        linear(head + ".attention.out_proj", VISION, VISION);
        norm(head + ".layernorm", VISION);
        linear(head + ".mlp.fc1", VISION, 4304);
        linear(head + ".mlp.fc2", 4304, VISION);
    }

    private void autoencoder() {
        long[] channels = {128, 128, 256, 256, 512};
        conv("encoder.conv_in", 3, 128, 3);
        long in = 128;
        for (int level = 0; level < 5; level++) {
            String down = "encoder.down." + level;
            for (int i = 0; i < 2; i++) {
                resBlock(down + ".block." + i, in, channels[level]);
                in = channels[level];
                if (level == 4) {
                    attention(down + ".attn." + i, in);
                }
            }
            if (level < 4) {
                conv(down + ".downsample.conv", in, in, 3);
            }
        }
        middle("encoder.mid", in);
        norm("encoder.norm_out", in);
        conv("encoder.conv_out", in, 32, 3);
        conv("decoder.conv_in", 16, in, 3);
        middle("decoder.mid", in);
        for (int level = 4; level >= 0; level--) {
            String up = "decoder.up." + level;
            for (int i = 0; i < 3; i++) {
                resBlock(up + ".block." + i, in, channels[level]);
                in = channels[level];
            }
            if (level > 0) {
                conv(up + ".upsample.conv", in, in, 3);
            }
        }
        norm("decoder.norm_out", in);
        conv("decoder.conv_out", in, 3, 3);
        conv("quant_conv", 32, 32, 1);
        conv("post_quant_conv", 16, 16, 1);
    }

    private void middle(String name, long channels) {
        resBlock(name + ".block_1", channels, channels);
        attention(name + ".attn_1", channels);
        resBlock(name + ".block_2", channels, channels);
    }

    private void resBlock(String name, long in, long out) {
        norm(name + ".norm1", in);
        conv(name + ".conv1", in, out, 3);
        norm(name + ".norm2", out);
        conv(name + ".conv2", out, out, 3);
        if (in != out) {
            conv(name + ".nin_shortcut", in, out, 1);
        }
    }

    private void attention(String name, long channels) {
        norm(name + ".norm", channels);
        for (String part : new String[] {"q", "k", "v", "proj_out"}) {
            conv(name + "." + part, channels, channels, 1);
        }
    }

    private void write(Path path, DType dtype, TorchFile file) throws IOException {
        shapes.forEach((name, shape) -> {
            long elements = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
            long fanIn = Math.max(1, elements / shape[0]);
            boolean vector = shape.length == 1;
            boolean normWeight = vector && name.endsWith("weight");
            double std = vector || name.contains("pos_embed") ? 0.02 : 1 / Math.sqrt(fanIn);
            Distribution distribution = new Distribution(normWeight ? 1 : 0, std, dtype);
            TorchFile.Storage storage =
                    file.storage(dtype, elements, out -> distribution.write(out, elements, name.hashCode()));
            file.tensor(name, storage, shape);
            if (name.equals("llm.model.embed_tokens.weight")) {
                file.tensor("llm.lm_head.weight", storage, shape);
            }
        });
        file.write(path);
    }

    /** Draws from 65536 normal variates made once, four for each random number: billions in seconds. */
    private static final class Distribution {
        private static final int VARIATES = 1 << 16;
        private static final double[] NORMAL = normal();
        private static final int CHUNK = 1 << 20;

        private final double mean;
        private final double std;
        private final DType dtype;

        Distribution(double mean, double std, DType dtype) {
            this.mean = mean;
            this.std = std;
            this.dtype = dtype;
        }

        private static double[] normal() {
            Random random = new Random(20261121);
            return IntStream.range(0, VARIATES)
                    .mapToDouble(i -> random.nextGaussian())
                    .toArray();
        }

        void write(OutputStream out, long elements, long seed) throws IOException {
            int[] table = new int[VARIATES];
            for (int i = 0; i < VARIATES; i++) {
                float value = (float) (mean + std * NORMAL[i]);
                table[i] =
                        dtype == DType.BFLOAT16 ? Fp16Conversions.floatToBf16(value) : Float.floatToRawIntBits(value);
            }
            SplittableRandom random = new SplittableRandom(seed);
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
            long left = elements;
            while (left > 0) {
                chunk.clear();
                int count = (int) Math.min(left, CHUNK / dtype.bytes());
                long bits = 0;
                for (int i = 0; i < count; i++) {
                    bits = i % 4 == 0 ? random.nextLong() : bits >>> 16;
                    int value = table[(int) bits & VARIATES - 1];
                    if (dtype == DType.BFLOAT16) {
                        chunk.putShort((short) value);
                    } else {
                        chunk.putInt(value);
                    }
                }
                out.write(chunk.array(), 0, chunk.position());
                left -= count;
            }
        }
    }

    private static void writeFolders(Path out, Path tokenizer) throws IOException {
        Path language = Files.createDirectories(out.resolve("Qwen2.5-1.5B-Instruct"));
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
        Files.writeString(language.resolve("generation_config.json"), """
                {"eos_token_id": [151645, 151643], "pad_token_id": 151643}
                """);
        try (InputStream in = new GZIPInputStream(Files.newInputStream(tokenizer))) {
            Files.copy(in, language.resolve("tokenizer.json"), StandardCopyOption.REPLACE_EXISTING);
        }
        Path vision = Files.createDirectories(out.resolve("siglip2-so400m-patch16-512"));
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
    }
}
