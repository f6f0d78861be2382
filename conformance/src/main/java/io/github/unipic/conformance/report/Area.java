package io.github.unipic.conformance.report;

import java.util.Locale;

/** The subject area of a check. */
public enum Area {
    /** Framing and resizing of photos, tokenization. */
    PREPROCESSING,
    /** One graph alone. */
    GRAPH,
    /** A whole image, generated or edited with recorded order and noise. */
    LOOP,
    /** Answers about an image. */
    UNDERSTANDING,
    /** The same request twice. */
    DETERMINISM,
    /** Requests at once, compared with the same ones run alone. */
    CONCURRENCY,
    /** Which provider ran which operators. */
    PLACEMENT,
    /** What the trained model's images show, and what it says about images. */
    MEANING;

    /** The name in reports, where format version 1 calls a graph a {@code stage}. */
    public String label() {
        return this == GRAPH ? "stage" : name().toLowerCase(Locale.ROOT);
    }
}
