package io.github.unipic.model;

import java.util.Locale;

/** The graphs that a model folder can contain. docs/graphs.md describes their inputs and outputs. */
public enum GraphName {
    TEXT_EMBEDDING,
    TEXT_HEAD,
    VISION_ENCODER,
    PIXEL_ENCODER,
    MAR_ENCODER,
    DECODER_STEP,
    MAR_DECODER,
    MAR_DECODER_CACHED,
    DIFFUSION_HEAD,
    TOKEN_SAMPLER,
    PIXEL_DECODER,
    PIXEL_DECODER_FEATURES,
    PIXEL_DECODER_TILE;

    /** The name in manifests, file names and documents, for example {@code mar_encoder}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
