package io.github.unipic.export.checkpoint;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Turns the names in one file into canonical ones. Wrappers around a module in training (DataParallel, torch.compile,
 * FSDP, a Lightning module) leave their names in its tensors' names, and libraries have changed theirs. Dropped parts
 * are recorded.
 */
final class TensorNames {
    /** No part of the model is called like these, so they may stand anywhere. */
    private static final Pattern ANYWHERE =
            Pattern.compile("(?<![^.])(?:module|_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\\.");

    private static final Pattern BEFORE_MAIN =
            Pattern.compile("^(?:model\\.)+(?=(?:llm|mar|proj_in|proj_out|siglip2|siglip2_proj)\\.)");
    private static final Pattern BEFORE_AUTOENCODER =
            Pattern.compile("^(?:model\\.)+(?=(?:encoder|decoder|quant_conv|post_quant_conv)\\.)");
    private static final Pattern BEFORE_LANGUAGE =
            Pattern.compile("^(?:model\\.)+(?=model\\.(?:embed_tokens|layers|norm)\\.|lm_head\\.)");
    private static final Pattern BEFORE_VISION = Pattern.compile("^(?:model\\.)+(?=(?:vision_model|text_model)\\.)");

    /** Parts of the language model's inner module, which transformers calls {@code model}. */
    private static final Pattern INNER_LANGUAGE = Pattern.compile("^(?:embed_tokens|layers|norm)\\.");

    private static final String LANGUAGE = "llm.";
    private static final String AUTOENCODER = "vae.";
    private static final String VISION = "siglip2.";
    private static final String VISION_MODEL = "vision_model.";

    /** Parts of the vision tower, which transformers called {@code vision_model} before 5.8, and no more since. */
    private static final Pattern INNER_VISION = Pattern.compile("^(?:embeddings|encoder|post_layernorm|head)\\.");

    private final Set<String> dropped = new TreeSet<>();

    /** What was dropped from names so far. */
    Set<String> dropped() {
        return dropped;
    }

    /** The canonical name of a tensor of the main file. */
    String main(String name) {
        String plain = without(BEFORE_MAIN, without(ANYWHERE, name));
        if (plain.startsWith(LANGUAGE)) {
            return languageModel(plain.substring(LANGUAGE.length()));
        }
        return plain.startsWith(VISION) ? inMain(plain.substring(VISION.length())) : plain;
    }

    private String inMain(String name) {
        String plain = without(BEFORE_VISION, name);
        return VISION + (plain.startsWith(VISION_MODEL) ? "" : VISION_MODEL) + plain;
    }

    /** The canonical name of a tensor of the autoencoder's file. */
    String autoencoder(String name) {
        return AUTOENCODER + without(BEFORE_AUTOENCODER, without(ANYWHERE, name));
    }

    /** The canonical name of a tensor of the language model's own file. */
    String languageModel(String name) {
        String plain = without(BEFORE_LANGUAGE, without(ANYWHERE, name));
        return LANGUAGE + (INNER_LANGUAGE.matcher(plain).find() ? "model." : "") + plain;
    }

    /** The canonical name of a tensor of SigLIP2's own file; of the text tower and others, as they are. */
    String visionModel(String name) {
        String plain = without(BEFORE_VISION, without(ANYWHERE, name));
        return VISION + (INNER_VISION.matcher(plain).find() ? VISION_MODEL : "") + plain;
    }

    private String without(Pattern wrapper, String name) {
        return wrapper.matcher(name).replaceAll(found -> {
            dropped.add(found.group());
            return "";
        });
    }
}
