package io.github.unipic.generation;

import static io.github.unipic.model.GraphName.VISION_ENCODER;

import io.github.unipic.Image;
import io.github.unipic.image.Resampling;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Tensor;
import java.util.Map;

/** The vision encoder (SigLIP2) and its projector: images to embeddings for the language model. */
public final class VisionEncoder {
    private final Execution execution;

    public VisionEncoder(Execution execution) {
        this.execution = execution;
    }

    /** Whether a model has one. */
    static boolean isIn(ModelFolder folder) {
        return folder.has(VISION_ENCODER) && folder.manifest().sizes().visionImage() > 0;
    }

    /** Embeddings that an image becomes. */
    int tokens() {
        return execution
                .engine()
                .folder()
                .spec(VISION_ENCODER)
                .output("image_embeds")
                .length(1);
    }

    /** A square image of any size to embeddings [1,T,D], the caller's. */
    Tensor encode(Image square) {
        int side = execution.manifest().sizes().visionImage();
        try (Tensor pixels = Autoencoder.pixels(Resampling.resize(square, side, side))) {
            return encode(pixels);
        }
    }

    /** Pixels [B,3,S,S] to embeddings [B,T,D], the caller's. */
    public Tensor encode(Tensor pixels) {
        return execution.run(VISION_ENCODER, Map.of("pixels", pixels), "image_embeds");
    }
}
