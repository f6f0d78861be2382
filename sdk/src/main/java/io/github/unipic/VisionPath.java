package io.github.unipic;

/** Which encoder looks at an image. */
public enum VisionPath {
    /** SigLIP2, as in the paper; 512 x 512 pixels and 1024 tokens in the published model. */
    SIGLIP,
    /** The MAR encoder, as in the authors' script; 1024 x 1024 pixels and 4160 tokens in the published model. */
    MAR
}
