package io.github.unipic;

/** What in an image file tells which pixels are to be regenerated. */
public enum MaskChannel {
    /**
     * {@link #ALPHA} where the file's alpha varies, {@link #GRAY} otherwise. Refused where both tell something else: a
     * drawing in black and white of which parts are transparent, and alpha that varies but is nowhere below, or nowhere
     * above half.
     */
    AUTO,

    /** White is regenerated: gray of at least half. What is transparent counts as black. */
    GRAY,

    /** Transparent is regenerated: alpha below half. Refused for a file without alpha. */
    ALPHA,

    /**
     * {@link #ALPHA} where a pixel is transparent, {@link #GRAY} in any other file. This never asks back: it is for
     * masks that programs send, which mean alpha as OpenAI's do, or have none.
     */
    ALPHA_OR_GRAY,

    /**
     * Opaque is regenerated (alpha of at least half) where a pixel is not fully opaque, {@link #GRAY} in any other
     * file: AUTOMATIC1111's rule, the opposite of OpenAI's. Its programs send strokes on a transparent layer.
     */
    OPAQUE_OR_GRAY
}
