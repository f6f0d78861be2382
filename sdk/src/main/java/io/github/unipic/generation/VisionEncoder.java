package io.github.unipic.generation;

import static io.github.unipic.model.GraphName.VISION_ENCODER;

import io.github.unipic.Image;
import io.github.unipic.image.Resampling;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Tensor;
import java.util.Map;

/** The vision encoder (SigLIP2) and its projector: turns images into embeddings for the language model. */
public final class VisionEncoder {
    private final Execution execution;

    public VisionEncoder(Execution execution) {
        this.execution = execution;
    }

    /** Whether the model has a vision encoder. */
    static boolean isIn(ModelFolder folder) {
        return folder.has(VISION_ENCODER) && folder.manifest().sizes().visionImage() > 0;
    }

    /** The number of embeddings of an image. */
    int tokens() {
        return execution
                .engine()
                .folder()
                .spec(VISION_ENCODER)
                .output("image_embeds")
                .length(1);
    }

    /** Encodes a square image of any size as embeddings [1,T,D], which the caller owns. */
    Tensor encode(Image square) {
        int side = execution.manifest().sizes().visionImage();
        try (Tensor pixels = Autoencoder.pixels(Resampling.resize(square, side, side))) {
            return encode(pixels);
        }
    }

    /** Encodes pixels [B,3,S,S] as embeddings [B,T,D], which the caller owns. */
    public Tensor encode(Tensor pixels) {
        return execution.run(VISION_ENCODER, Map.of("pixels", pixels), "image_embeds");
    }
}
