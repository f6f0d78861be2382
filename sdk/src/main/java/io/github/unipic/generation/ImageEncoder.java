package io.github.unipic.generation;

import io.github.unipic.Image;
import io.github.unipic.ModelFormatException;
import io.github.unipic.VisionPath;
import io.github.unipic.image.Framing;
import io.github.unipic.image.Resampling;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Tensor;
import java.util.Optional;

/** Encodes images: as embeddings for the language model, and as tokens to edit. The caller owns the results. */
public final class ImageEncoder {
    private final ModelFolder folder;
    private final Manifest manifest;
    private final VisionEncoder vision;
    private final Autoencoder autoencoder;
    private final MarModel mar;

    public ImageEncoder(Execution execution) {
        this.folder = execution.engine().folder();
        this.manifest = execution.manifest();
        this.vision = new VisionEncoder(execution);
        this.autoencoder = new Autoencoder(execution);
        this.mar = new MarModel(execution);
    }

    /**
     * Returns the encoder to use: the requested one, or SigLIP2 if the model has it, or MAR.
     *
     * @throws ModelFormatException when the model does not have the requested one
     */
    public VisionPath path(Optional<VisionPath> asked) {
        boolean siglip = VisionEncoder.isIn(folder);
        VisionPath path = asked.orElse(siglip ? VisionPath.SIGLIP : VisionPath.MAR);
        if (path == VisionPath.SIGLIP && !siglip) {
            throw new ModelFormatException(
                    "The model in " + folder.path() + " has no vision_encoder; look at images with VisionPath.MAR.");
        }
        return path;
    }

    /** The number of embeddings that an encoder makes of an image of any shape. */
    public int tokens(VisionPath path) {
        if (path == VisionPath.SIGLIP) {
            return vision.tokens();
        }
        int side = manifest.defaults().width() / manifest.sizes().downsampling();
        return tokens(new Grid(side, side));
    }

    /** The number of embeddings that the MAR encoder makes of an image. */
    public int tokens(Grid grid) {
        return grid.tokens() + manifest.sizes().bufferTokens();
    }

    /** Pads an image of any shape to a square and encodes it as embeddings [1,{@link #tokens(VisionPath)},D]. */
    public Tensor embeds(Image image, VisionPath path) {
        return path == VisionPath.SIGLIP
                ? vision.encode(Framing.padToSquare(image))
                : marEmbeds(image, manifest.defaults().width());
    }

    /** As {@link #embeds} with the MAR encoder, for an image that is resized to {@code side} pixels. */
    public Tensor marEmbeds(Image image, int side) {
        Image square = Resampling.resize(Framing.padToSquare(image), side, side);
        try (Tensor latents = autoencoder.encode(square)) {
            return mar.embedImage(latents);
        }
    }

    /** Crops an image to its middle square, resizes it to {@code side} pixels, and encodes it to be edited. */
    public MarEncoding source(Image image, int side) {
        Image square = Resampling.resize(Framing.cropToSquare(image), side, side);
        try (Tensor latents = autoencoder.encode(square)) {
            return mar.encodeImage(latents);
        }
    }

    /** Runs pixels [1,3,H,W] through the autoencoder and the MAR encoder. */
    public MarEncoding encode(Tensor pixels) {
        try (Tensor latents = autoencoder.encode(pixels)) {
            return mar.encodeImage(latents);
        }
    }
}
