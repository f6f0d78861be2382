package io.github.unipic.generation;

import static io.github.unipic.model.GraphName.PIXEL_DECODER;
import static io.github.unipic.model.GraphName.PIXEL_ENCODER;

import io.github.unipic.Image;
import io.github.unipic.ModelFormatException;
import io.github.unipic.image.Pixels;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Grid;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** The autoencoder (VAE): encodes pixels as scaled latents, and decodes them. The caller owns the results. */
public final class Autoencoder {
    private static final Set<GraphName> WHOLE = Set.of(PIXEL_DECODER);

    private final Execution execution;

    public Autoencoder(Execution execution) {
        this.execution = execution;
    }

    /** Pixels [1,3,H,W] of an image. */
    static Tensor pixels(Image image) {
        return Tensor.floats(Pixels.fromImage(image), 1, 3, image.height(), image.width());
    }

    /** Encodes an image as latents [1,h,w,channels]. Its sides must be multiples of a token's side. */
    public Tensor encode(Image image) {
        try (Tensor pixels = pixels(image)) {
            return encode(pixels);
        }
    }

    /** Encodes pixels [B,3,H,W] as latents [B,h,w,channels]. */
    public Tensor encode(Tensor pixels) {
        Tensor latents = execution.run(PIXEL_ENCODER, Map.of("pixels", pixels), "latents");
        requireScale(execution, pixels.dim(2), pixels.dim(3), latents, latents.dim(1), latents.dim(2));
        return latents;
    }

    /** Decodes latents [B,h,w,channels] to pixels [B,3,H,W]. */
    public Tensor decode(Tensor latents) {
        Tensor pixels = execution.run(PIXEL_DECODER, Map.of("latents", latents), "pixels");
        requireScale(execution, pixels.dim(2), pixels.dim(3), pixels, latents.dim(1), latents.dim(2));
        return pixels;
    }

    /** Decodes each image of a batch on its own, because decoding needs the most memory. Large images are tiled. */
    public List<Image> decode(ImageTokens tokens) {
        boolean tiled = isTiled(tokens.grid());
        return execution.withOpen(
                decoders(tokens.grid()),
                () -> IntStream.range(0, tokens.images())
                        .mapToObj(image -> decode(tokens, image, tiled))
                        .toList());
    }

    /** The graphs that decode images of a size. */
    Set<GraphName> decoders(Grid grid) {
        return isTiled(grid) ? TiledDecoder.GRAPHS : WHOLE;
    }

    private Image decode(ImageTokens tokens, int image, boolean tiled) {
        try (Tensor latents = tokens.latents(image)) {
            return tiled ? new TiledDecoder(execution).decode(latents) : decodeWhole(latents);
        }
    }

    private Image decodeWhole(Tensor latents) {
        try (Tensor pixels = decode(latents)) {
            return Pixels.toImage(pixels.toFloats(), pixels.dim(3), pixels.dim(2));
        }
    }

    /** Model folders of older exports have no graphs for tiles. */
    private boolean isTiled(Grid grid) {
        int side = execution.manifest().sizes().downsampling();
        long pixels = (long) side * side * grid.tokens();
        return pixels > execution.engine().graphs().options().memory().tileAbove()
                && TiledDecoder.GRAPHS.stream().allMatch(execution.engine().folder()::has);
    }

    /** Checks that the graphs make as many pixels of a token as the manifest says. Only their results show it. */
    static void requireScale(Execution execution, int height, int width, Tensor result, int rows, int columns) {
        long scale = execution.manifest().sizes().downsampling();
        if (height != scale * rows || width != scale * columns) {
            result.close();
            throw new ModelFormatException(
                    "The manifest in " + execution.engine().folder().path() + " gives an image token "
                            + scale + " x " + scale + " pixels, but the graphs make " + columns + " x " + rows
                            + " of them " + width + " x " + height + " pixels; export the model again.");
        }
    }
}
