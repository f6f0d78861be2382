package io.github.unipic.export.modules;

import io.github.unipic.export.ExportException;
import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.export.checkpoint.Settings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The sizes of a model, read from its tensors and the two config.json. What is in neither is as published, unless
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
    /** Far above any model of this kind, and low enough that a product of two sizes fits in a long. */
    private static final int MAX_SIZE = 1 << 24;

    private static final int MAX_PATCH = 256;
    private static final int MAX_LEVELS = 8;

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
        Settings overrides = checkpoint.overrides();
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
                overrides.positive("diffusion.max_beta", 1, 0.2),
                overrides.positive("vae.scale", 1e6, 0.2325));
    }

    private static LanguageModel languageModel(Checkpoint checkpoint) {
        Settings config = checkpoint.languageModelConfig();
        refuse(!config.text("hidden_act").orElse("silu").equals("silu"), "hidden_act is not silu");
        refuse(config.flag("use_sliding_window", false), "use_sliding_window is on");
        Settings rope = config.object("rope_parameters").orElse(config);
        Settings scaling = config.object("rope_scaling").orElse(rope);
        String ropeType =
                scaling.text("rope_type").or(() -> scaling.text("type")).orElse("default");
        refuse(!ropeType.equals("default"), "rope scaling is on");

        int heads = config.integer("num_attention_heads", 1, MAX_SIZE)
                .orElseThrow(() -> new ExportException(config.file() + " lacks num_attention_heads; fetch it again."));
        int kvHeads = config.integer("num_key_value_heads", 1, heads).orElse(heads);
        int queryWidth = axis(checkpoint, "llm.model.layers.0.self_attn.q_proj.weight", 0);
        refuse(queryWidth % heads != 0 || heads % kvHeads != 0, "heads do not divide the projections' widths");
        boolean tied = config.flag("tie_word_embeddings", false) || !checkpoint.has("llm.lm_head.weight");
        return new LanguageModel(
                axis(checkpoint, "llm.model.embed_tokens.weight", 0),
                axis(checkpoint, "llm.model.embed_tokens.weight", 1),
                count(checkpoint, "llm.model.layers.%d.input_layernorm.weight"),
                heads,
                kvHeads,
                queryWidth / heads,
                axis(checkpoint, "llm.model.layers.0.mlp.gate_proj.weight", 0),
                config.positive("rms_norm_eps", 1, 1e-6),
                rope.positive("rope_theta", 1e12, 10000),
                config.integer("max_position_embeddings", 1, MAX_SIZE).orElse(32768),
                tied);
    }

    private static Mar mar(Checkpoint checkpoint, Settings overrides) {
        int dim = axis(checkpoint, "mar.encoder_norm.weight", 0);
        int cells = axis(checkpoint, "mar.diffusion_pos_embed_learned", 1);
        int side = (int) Math.round(Math.sqrt(cells));
        int buffers = axis(checkpoint, "mar.encoder_pos_embed_learned", 1) - cells;
        if (side * side != cells || buffers < 1) {
            throw new ExportException("mar.diffusion_pos_embed_learned has " + cells
                    + " positions, which is not a square grid within mar.encoder_pos_embed_learned.");
        }
        int heads = overrides.integer("mar.num_heads", 1, MAX_SIZE).orElse(publishedHeads(dim));
        if (heads <= 0 || dim % heads != 0) {
            throw new ExportException("The number of MAR attention heads cannot be read from the tensors (dim " + dim
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
        if (!checkpoint.hasVisionTower()) {
            return Optional.empty();
        }
        String patches = "siglip2.vision_model.embeddings.patch_embedding.weight";
        Settings config = checkpoint
                .visionConfig()
                .orElseThrow(() -> new ExportException("The checkpoint has SigLIP2 tensors but no folder with SigLIP2's"
                        + " config.json; add siglip2-so400m-patch16-512/config.json beside pytorch_model.bin."));
        refuse(
                !config.text("hidden_act").orElse("gelu_pytorch_tanh").equals("gelu_pytorch_tanh"),
                "SigLIP2's hidden_act is not gelu_pytorch_tanh");
        int width = axis(checkpoint, patches, 0);
        int patch = axis(checkpoint, patches, 2);
        int tokens = axis(checkpoint, "siglip2.vision_model.embeddings.position_embedding.weight", 0);
        int side = (int) Math.round(Math.sqrt(tokens));
        int heads = config.integer("num_attention_heads", 1, MAX_SIZE).orElse(12);
        refuse(patch > MAX_PATCH, "SigLIP2's patches are larger than " + MAX_PATCH + " pixels a side");
        refuse(side * side != tokens || width % heads != 0, "SigLIP2's positions or heads do not fit its tensors");
        return Optional.of(new Vision(
                width,
                count(checkpoint, "siglip2.vision_model.encoder.layers.%d.layer_norm1.weight"),
                heads,
                axis(checkpoint, "siglip2.vision_model.encoder.layers.0.mlp.fc1.weight", 0),
                patch,
                side * patch,
                config.positive("layer_norm_eps", 1, 1e-6)));
    }

    private static Autoencoder autoencoder(Checkpoint checkpoint, Settings overrides) {
        List<Integer> levels = new ArrayList<>();
        int levelCount = count(checkpoint, "vae.encoder.down.%d.block.0.conv1.weight");
        refuse(levelCount > MAX_LEVELS, "the autoencoder has more than " + MAX_LEVELS + " levels");
        for (int i = 0; i < levelCount; i++) {
            levels.add(axis(checkpoint, "vae.encoder.down." + i + ".block.0.conv1.weight", 0));
        }
        int groups = overrides.integer("vae.norm_groups", 1, MAX_SIZE).orElse(32);
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
        if (axis >= shape.length || shape[axis] < 1 || shape[axis] > MAX_SIZE) {
            throw new ExportException("Tensor " + tensor + " has shape " + Arrays.toString(shape)
                    + "; expected at least " + (axis + 1) + " axes of 1 to " + MAX_SIZE
                    + ": the checkpoint is of another model, or damaged.");
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

    private static void refuse(boolean condition, String what) {
        if (condition) {
            throw new ExportException("Unsupported model configuration: " + what + ".");
        }
    }
}
