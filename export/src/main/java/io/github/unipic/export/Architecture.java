package io.github.unipic.export;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.unipic.export.checkpoint.Checkpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The sizes of a model, read off its tensors and the two config.json; what neither tells is as published, unless
 * unipic_config.json says otherwise.
 *
 * @param vision absent for a checkpoint without SigLIP2
 * @param maxBeta cap of the diffusion schedule's betas
 * @param latentScale what the autoencoder's latents are multiplied by
 */
public record Architecture(
        LanguageModel llm,
        Mar mar,
        Head head,
        Optional<Vision> vision,
        Autoencoder vae,
        double maxBeta,
        double latentScale) {

    private static final int MAX_LAYERS = 1000;

    /** Qwen2. {@code mlp} is the gated MLP's inner width, {@code context} the longest sequence in tokens. */
    public record LanguageModel(
            int vocabulary,
            int width,
            int layers,
            int heads,
            int kvHeads,
            int headDim,
            int mlp,
            double epsilon,
            double ropeTheta,
            int context,
            boolean tiedHead) {

        public int queryWidth() {
            return heads * headDim;
        }

        public int keyWidth() {
            return kvHeads * headDim;
        }
    }

    /** The masked autoregressive encoder and decoder. {@code gridSide} tokens a side in training. */
    public record Mar(
            int dim, int heads, int encoderBlocks, int decoderBlocks, int buffers, int gridSide, int channels) {}

    /** The diffusion head. */
    public record Head(int width, int blocks, int channels, int conditionWidth) {}

    /** SigLIP2's tower. {@code imageSize} and {@code patch} in pixels. */
    public record Vision(int width, int layers, int heads, int mlp, int patch, int imageSize, double epsilon) {
        public int tokens() {
            return (imageSize / patch) * (imageSize / patch);
        }
    }

    /**
     * The KL autoencoder. {@code levels}: channels at each resolution, finest first; residual blocks per level of the
     * encoder and of the decoder; {@code groups} of its group norms.
     */
    public record Autoencoder(
            int baseChannels,
            List<Integer> levels,
            int encoderBlocks,
            int decoderBlocks,
            int latentChannels,
            int groups) {

        /** Pixels a side of one latent. */
        public int downsampling() {
            return 1 << (levels.size() - 1);
        }
    }

    /** @throws ExportException when a tensor or setting is missing, contradictory or not supported */
    public static Architecture of(Checkpoint checkpoint) {
        JsonNode overrides = checkpoint.overrides();
        LanguageModel llm = languageModel(checkpoint);
        Mar mar = mar(checkpoint, overrides);
        Autoencoder vae = autoencoder(checkpoint, overrides);
        if (vae.latentChannels() != mar.channels()) {
            throw new ExportException(
                    "The autoencoder has " + vae.latentChannels() + " latent channels but mar.z_proj takes "
                            + mar.channels() + ": kl16.ckpt and pytorch_model.bin are not of the same model.");
        }
        return new Architecture(
                llm,
                mar,
                head(checkpoint, mar),
                vision(checkpoint),
                vae,
                positive(overrides.at("/diffusion/max_beta").asDouble(0.2), "diffusion.max_beta"),
                positive(overrides.at("/vae/scale").asDouble(0.2325), "vae.scale"));
    }

    private static LanguageModel languageModel(Checkpoint checkpoint) {
        JsonNode config = checkpoint.languageModelConfig();
        refuse(!config.path("hidden_act").asText("silu").equals("silu"), "hidden_act is not silu");
        refuse(config.path("use_sliding_window").asBoolean(false), "use_sliding_window is on");
        JsonNode rope = config.hasNonNull("rope_parameters") ? config.path("rope_parameters") : config;
        JsonNode scaling = config.hasNonNull("rope_scaling") ? config.path("rope_scaling") : rope;
        refuse(
                !scaling.path("rope_type")
                        .asText(scaling.path("type").asText("default"))
                        .equals("default"),
                "rope scaling is on");

        int heads = size(config, "num_attention_heads");
        int kvHeads = config.hasNonNull("num_key_value_heads") ? size(config, "num_key_value_heads") : heads;
        int queryWidth = axis(checkpoint, "llm.model.layers.0.self_attn.q_proj.weight", 0);
        refuse(queryWidth % heads != 0 || heads % kvHeads != 0, "heads do not divide the projections' widths");
        boolean tied = config.path("tie_word_embeddings").asBoolean(false) || !checkpoint.has("llm.lm_head.weight");
        return new LanguageModel(
                axis(checkpoint, "llm.model.embed_tokens.weight", 0),
                axis(checkpoint, "llm.model.embed_tokens.weight", 1),
                count(checkpoint, "llm.model.layers.%d.input_layernorm.weight"),
                heads,
                kvHeads,
                queryWidth / heads,
                axis(checkpoint, "llm.model.layers.0.mlp.gate_proj.weight", 0),
                positive(config.path("rms_norm_eps").asDouble(1e-6), "rms_norm_eps"),
                positive(rope.path("rope_theta").asDouble(10000), "rope_theta"),
                config.path("max_position_embeddings").asInt(32768),
                tied);
    }

    private static Mar mar(Checkpoint checkpoint, JsonNode overrides) {
        int dim = axis(checkpoint, "mar.encoder_norm.weight", 0);
        int cells = axis(checkpoint, "mar.diffusion_pos_embed_learned", 1);
        int side = (int) Math.round(Math.sqrt(cells));
        int buffers = axis(checkpoint, "mar.encoder_pos_embed_learned", 1) - cells;
        if (side * side != cells || buffers < 1) {
            throw new ExportException("mar.diffusion_pos_embed_learned has " + cells
                    + " positions, which is not a square grid within mar.encoder_pos_embed_learned.");
        }
        int heads = overrides.at("/mar/num_heads").asInt(publishedHeads(dim));
        if (heads <= 0 || dim % heads != 0) {
            throw new ExportException("The number of MAR attention heads cannot be read off the tensors (dim " + dim
                    + "): put {\"mar\": {\"num_heads\": N}} into unipic_config.json, N a divisor of " + dim + ".");
        }
        return new Mar(
                dim,
                heads,
                count(checkpoint, "mar.encoder_blocks.%d.norm1.weight"),
                count(checkpoint, "mar.decoder_blocks.%d.norm1.weight"),
                buffers,
                side,
                axis(checkpoint, "mar.z_proj.weight", 1));
    }

    private static int publishedHeads(int dim) {
        return switch (dim) {
            case 768 -> 12;
            case 1024, 1280, 1536 -> 16;
            default -> 0;
        };
    }

    private static Head head(Checkpoint checkpoint, Mar mar) {
        return new Head(
                axis(checkpoint, "mar.diffloss.net.input_proj.weight", 0),
                count(checkpoint, "mar.diffloss.net.res_blocks.%d.in_ln.weight"),
                mar.channels(),
                mar.dim());
    }

    private static Optional<Vision> vision(Checkpoint checkpoint) {
        String patches = "siglip2.vision_model.embeddings.patch_embedding.weight";
        if (!checkpoint.has(patches)) {
            return Optional.empty();
        }
        JsonNode config = checkpoint
                .visionConfig()
                .orElseThrow(() -> new ExportException("The checkpoint has SigLIP2 tensors but no folder with SigLIP2's"
                        + " config.json; add siglip2-so400m-patch16-512/config.json beside pytorch_model.bin."));
        refuse(
                !config.path("hidden_act").asText("gelu_pytorch_tanh").equals("gelu_pytorch_tanh"),
                "SigLIP2's hidden_act is not gelu_pytorch_tanh");
        int width = axis(checkpoint, patches, 0);
        int patch = axis(checkpoint, patches, 2);
        int tokens = axis(checkpoint, "siglip2.vision_model.embeddings.position_embedding.weight", 0);
        int side = (int) Math.round(Math.sqrt(tokens));
        int heads = config.hasNonNull("num_attention_heads") ? size(config, "num_attention_heads") : 12;
        refuse(side * side != tokens || width % heads != 0, "SigLIP2's positions or heads do not fit its tensors");
        return Optional.of(new Vision(
                width,
                count(checkpoint, "siglip2.vision_model.encoder.layers.%d.layer_norm1.weight"),
                heads,
                axis(checkpoint, "siglip2.vision_model.encoder.layers.0.mlp.fc1.weight", 0),
                patch,
                side * patch,
                positive(config.path("layer_norm_eps").asDouble(1e-6), "layer_norm_eps")));
    }

    private static Autoencoder autoencoder(Checkpoint checkpoint, JsonNode overrides) {
        List<Integer> levels = new ArrayList<>();
        int levelCount = count(checkpoint, "vae.encoder.down.%d.block.0.conv1.weight");
        for (int i = 0; i < levelCount; i++) {
            levels.add(axis(checkpoint, "vae.encoder.down." + i + ".block.0.conv1.weight", 0));
        }
        int groups = overrides.at("/vae/norm_groups").asInt(32);
        int base = axis(checkpoint, "vae.encoder.conv_in.weight", 0);
        if (groups <= 0 || base % groups != 0 || levels.stream().anyMatch(channels -> channels % groups != 0)) {
            throw new ExportException("The autoencoder's channels " + levels + " are not multiples of " + groups
                    + " norm groups: put {\"vae\": {\"norm_groups\": N}} into unipic_config.json.");
        }
        return new Autoencoder(
                base,
                List.copyOf(levels),
                count(checkpoint, "vae.encoder.down.0.block.%d.conv1.weight"),
                count(checkpoint, "vae.decoder.up.0.block.%d.conv1.weight"),
                axis(checkpoint, "vae.post_quant_conv.weight", 0),
                groups);
    }

    private static int axis(Checkpoint checkpoint, String tensor, int axis) {
        long[] shape = checkpoint.require(tensor).shape();
        if (axis >= shape.length || shape[axis] < 1 || shape[axis] > Integer.MAX_VALUE) {
            throw new ExportException("Tensor " + tensor + " has shape " + java.util.Arrays.toString(shape)
                    + "; expected at least " + (axis + 1) + " axes, none empty.");
        }
        return (int) shape[axis];
    }

    private static int count(Checkpoint checkpoint, String pattern) {
        int count = 0;
        while (count < MAX_LAYERS && checkpoint.has(name(pattern, count))) {
            count++;
        }
        if (count == 0) {
            checkpoint.require(name(pattern, 0));
        }
        return count;
    }

    /** The tensor's name in the layer with an index; no format string, as some locales have other digits. */
    private static String name(String pattern, int layer) {
        return pattern.replace("%d", Integer.toString(layer));
    }

    private static int size(JsonNode config, String field) {
        int value = config.path(field).asInt(0);
        if (value < 1) {
            throw new ExportException("config.json lacks a positive \"" + field + "\".");
        }
        return value;
    }

    private static double positive(double value, String field) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new ExportException(field + " is " + value + "; it must be a positive number.");
        }
        return value;
    }

    private static void refuse(boolean condition, String what) {
        if (condition) {
            throw new ExportException("Unsupported model configuration: " + what + ".");
        }
    }
}
