package io.github.unipic.generation;

import io.github.unipic.Image;
import io.github.unipic.ModelFormatException;
import io.github.unipic.VisionPath;
import io.github.unipic.image.Framing;
import io.github.unipic.image.Pixels;
import io.github.unipic.image.Resampling;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Stages;
import io.github.unipic.runtime.Stages.ImageEncoding;
import io.github.unipic.runtime.Tensor;
import java.util.Optional;
import java.util.stream.LongStream;

/** Encodes images: for the language model to look at, and as tokens to draw from. */
public final class ImageEncoder {
    private final Stages stages;
    private final ModelFolder folder;
    private final Manifest manifest;

    public ImageEncoder(Stages stages, ModelFolder folder) {
        this.stages = stages;
        this.folder = folder;
        this.manifest = folder.manifest();
    }

    /** A whole image through the MAR encoder. Owns its tensors. */
    public record Source(Grid grid, ImageEncoding image) implements AutoCloseable {
        /** The encoder's result, [1,buffers+N,dim]. */
        public Tensor encoded() {
            return image.encoding().encoded();
        }

        /** Embeddings for the language model, [1,N+buffers,D]. */
        public Tensor embeds() {
            return image.encoding().embeds();
        }

        /** What the MAR decoder sees at masked positions when editing, [1,buffers+N,dim]. */
        public Tensor canvas() {
            return image.canvas();
        }

        @Override
        public void close() {
            image.close();
        }
    }

    /**
     * Which encoder looks at images: the one asked for, else SigLIP2 where the model has it, else MAR.
     *
     * @throws ModelFormatException when the model does not have the one asked for
     */
    public VisionPath path(Optional<VisionPath> asked) {
        boolean siglip =
                folder.has(GraphName.VISION_ENCODER) && manifest.sizes().visionImage() > 0;
        VisionPath path = asked.orElse(siglip ? VisionPath.SIGLIP : VisionPath.MAR);
        if (path == VisionPath.SIGLIP && !siglip) {
            throw new ModelFormatException(
                    "The model in " + folder.path() + " has no vision_encoder; look at images with VisionPath.MAR.");
        }
        return path;
    }

    /** Embeddings that an encoder makes of an image of any shape. */
    public int tokens(VisionPath path) {
        if (path == VisionPath.SIGLIP) {
            return folder.spec(GraphName.VISION_ENCODER).output("image_embeds").length(1);
        }
        int side = manifest.defaults().width() / manifest.sizes().downsampling();
        return tokens(new Grid(side, side));
    }

    /** Embeddings that the MAR encoder makes of an image. */
    public int tokens(Grid grid) {
        return grid.tokens() + manifest.sizes().bufferTokens();
    }

    /** Embeddings [1,{@link #tokens(VisionPath)},D] of an image of any shape, which is padded to a square. */
    public Tensor embeds(Image image, VisionPath path) {
        Image square = Framing.padToSquare(image);
        if (path == VisionPath.SIGLIP) {
            int side = manifest.sizes().visionImage();
            try (Tensor pixels = pixels(Resampling.resize(square, side, side))) {
                return stages.encodeVision(pixels);
            }
        }
        int side = manifest.defaults().width();
        try (Source source = encode(Resampling.resize(square, side, side))) {
            return source.embeds().rows(0, source.embeds().dim(1));
        }
    }

    /** An image to be edited: its middle square, resized to {@code side} pixels. */
    public Source source(Image image, int side) {
        return encode(Resampling.resize(Framing.cropToSquare(image), side, side));
    }

    /** Scaled latents [h*w*channels] of an image whose sides are multiples of a token's. */
    public float[] latents(Image image) {
        try (Tensor pixels = pixels(image);
                Tensor latents = stages.encodePixels(pixels)) {
            return latents.toFloats();
        }
    }

    private Source encode(Image image) {
        try (Tensor pixels = pixels(image)) {
            return encode(pixels);
        }
    }

    /** pixels [1,3,H,W] through the autoencoder and the MAR encoder. */
    public Source encode(Tensor pixels) {
        try (Tensor latents = stages.encodePixels(pixels)) {
            Grid grid = new Grid(latents.dim(1), latents.dim(2));
            long[] everywhere = LongStream.range(0, grid.tokens()).toArray();
            try (Tensor tokens = latents.reshape(1, grid.tokens(), latents.dim(3));
                    Tensor positions = Tensor.longs(new long[][] {everywhere})) {
                return new Source(grid, stages.encodeImage(tokens, positions, grid));
            }
        }
    }

    private static Tensor pixels(Image image) {
        return Tensor.floats(Pixels.fromImage(image), 1, 3, image.height(), image.width());
    }
}
