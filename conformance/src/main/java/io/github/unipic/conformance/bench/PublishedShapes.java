package io.github.unipic.conformance.bench;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Names and shapes of the tensors of the published UniPic-1.5B. */
final class PublishedShapes {
    private static final int DIM = 1280; // of the MAR transformer
    private static final int HIDDEN = 1536; // of the language model
    private static final int WIDTH = 1536; // of the diffusion head
    private static final int VISION = 1152;

    private final Map<String, long[]> shapes = new LinkedHashMap<>();

    private PublishedShapes() {}

    /** The tensors of the main file. The language model's head is its embedding. */
    static Map<String, long[]> main() {
        PublishedShapes all = new PublishedShapes();
        all.languageModel();
        all.mar();
        all.vision();
        all.projector("proj_in", DIM, HIDDEN, HIDDEN);
        all.projector("proj_out", HIDDEN, HIDDEN, DIM);
        all.projector("siglip2_proj", VISION, HIDDEN, HIDDEN);
        return Collections.unmodifiableMap(all.shapes);
    }

    /** The tensors of the autoencoder's file. */
    static Map<String, long[]> vae() {
        PublishedShapes all = new PublishedShapes();
        all.autoencoder();
        return Collections.unmodifiableMap(all.shapes);
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
        tensor("llm.model.embed_tokens.weight", 151936, HIDDEN);
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
}
